/** What single instructions read and write. */
@NullMarked
package dev.tapedeck.harness.effect;

import org.jspecify.annotations.NullMarked;
