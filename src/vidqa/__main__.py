"""`python -m vidqa` is `vidqa`."""

from vidqa.cli.main import main

main()
