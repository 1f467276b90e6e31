/** What {@code mvn -Pfuzz} feeds with inputs that nobody has thought of. */
@NullMarked
package dev.tapedeck.harness.fuzz;

import org.jspecify.annotations.NullMarked;
