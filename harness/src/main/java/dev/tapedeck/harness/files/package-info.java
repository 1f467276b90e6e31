/** What every package needs to know of files; it depends on none of them. */
@NullMarked
package dev.tapedeck.harness.files;

import org.jspecify.annotations.NullMarked;
