"""The command line: parse, call the library, show. The only place that prints and exits."""
