package dev.tapedeck.harness.report;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The templates of pages. */
final class Templates {
    private Templates() {}

    static Template of(String name) {
        // The formatter takes out what could not be seen, the compiler's escapes what would be markup; both hold for
        // every value, and no template has an unescaped one.
        Mustache.Compiler compiler = Mustache.compiler()
                .escapeHTML(true)
                .emptyStringIsFalse(true)
                .withFormatter(value -> Visible.of(String.valueOf(value)))
                .withLoader(Templates::resource);
        try (Reader reader = resource(name)) {
            return compiler.compile(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("a template in the program's own jar cannot be read", e);
        }
    }

    private static Reader resource(String name) {
        InputStream stream = Templates.class.getResourceAsStream(name + ".mustache");
        if (stream == null) {
            throw new IllegalStateException("the template " + name + " is missing from the jar");
        }
        return new InputStreamReader(stream, StandardCharsets.UTF_8);
    }
}
