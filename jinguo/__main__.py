"""`python -m jinguo` is the same as `jinguo`."""

from jinguo.cli import main

main()
