@rem The npm scripts begin with the shell's `exec`, so that a signal for npm reaches the program instead of a shell in between.
@rem Windows has neither; there the name leads here, and the command simply runs.
@%*
