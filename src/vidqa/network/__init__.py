"""Networks and their processors; `register` makes them known to transformers' Auto classes."""
