//! Whole clusters, end to end: the tests are in this package's `tests` folder.
