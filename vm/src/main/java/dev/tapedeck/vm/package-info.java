/** The machine that runs programs; knows nothing of recording. */
@NullMarked
package dev.tapedeck.vm;

import org.jspecify.annotations.NullMarked;
