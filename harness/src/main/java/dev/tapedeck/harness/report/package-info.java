@NullMarked
package dev.tapedeck.harness.report;

import org.jspecify.annotations.NullMarked;
