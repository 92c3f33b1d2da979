//! The metric kernel, the window state and their DataFusion operators.
