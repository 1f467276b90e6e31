/** Questions about one run: when does a condition hold? */
@NullMarked
package dev.tapedeck.harness.condition;

import org.jspecify.annotations.NullMarked;
