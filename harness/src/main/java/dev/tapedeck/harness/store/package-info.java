/** Snapshots kept in a directory. */
@NullMarked
package dev.tapedeck.harness.store;

import org.jspecify.annotations.NullMarked;
