"""The networks and their processors, known to transformers' Auto classes once `register` ran."""
