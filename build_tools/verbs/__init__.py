"""One verb of ``build.py`` a module: SUMMARY, ``arguments(parser)``, ``run(options)`` → exit code."""
