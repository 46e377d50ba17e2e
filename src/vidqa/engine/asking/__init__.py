"""Ask a long clip through its windows, and prove what is answered."""
