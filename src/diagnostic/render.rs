//! Findings as text for people, and as JSON and SARIF 2.1.0 for machines.
