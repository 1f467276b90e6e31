/** Records, replays, bisects, compares, approves and reports runs of the machine. */
@NullMarked
package dev.tapedeck.harness;

import org.jspecify.annotations.NullMarked;
