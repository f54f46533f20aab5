//! Objects of a line.
