/** How a value came about: the instructions that produced it, back to the inputs and constants that explain it. */
@NullMarked
package dev.tapedeck.harness.slice;

import org.jspecify.annotations.NullMarked;
