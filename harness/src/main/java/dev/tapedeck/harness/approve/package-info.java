@NullMarked
package dev.tapedeck.harness.approve;

import org.jspecify.annotations.NullMarked;
