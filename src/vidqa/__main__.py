"""`python -m vidqa` is `vidqa`."""

from vidqa.cli.entry import main

main()
