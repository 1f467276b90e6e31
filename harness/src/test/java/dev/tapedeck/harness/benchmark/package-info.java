/**
 * Benchmarks of the inner loops, each with what it is to be compared with in the same run. What needs package-private access
 * lies in the package it measures. How to run them: docs/benchmarks.md.
 */
@NullMarked
package dev.tapedeck.harness.benchmark;

import org.jspecify.annotations.NullMarked;
