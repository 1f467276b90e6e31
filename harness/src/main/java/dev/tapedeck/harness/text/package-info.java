/** Programs, runs and states in words: the same in every report, message and command. */
@NullMarked
package dev.tapedeck.harness.text;

import org.jspecify.annotations.NullMarked;
