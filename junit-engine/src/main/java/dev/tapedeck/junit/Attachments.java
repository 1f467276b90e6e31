package dev.tapedeck.junit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.reporting.ReportEntry;

/**
 * Publishes files of a test. From Platform 1.12 on they become file entries, which end up as attachments in JUnit's own
 * and in Gradle's reports; before that, they become report entries with their paths. The engine is compiled against
 * Platform 1.10, hence reflection.
 */
final class Attachments {
    private static final Optional<FileEntries> FILE_ENTRIES = FileEntries.find();

    private Attachments() {}

    /** @param files absolute: JUnit drops others with no more than a warning in its log */
    static void publish(EngineExecutionListener listener, TestDescriptor test, List<Path> files) {
        if (files.isEmpty()) {
            return;
        }
        if (FILE_ENTRIES.isPresent()) {
            for (Path file : files) {
                FILE_ENTRIES.get().publish(listener, test, file);
            }
            return;
        }
        Map<String, String> entries = new LinkedHashMap<>();
        for (Path file : files) {
            entries.put("tapedeck." + file.getFileName(), file.toString());
        }
        listener.reportingEntryPublished(test, ReportEntry.from(entries));
    }

    private record FileEntries(Method from, Method publish) {
        static Optional<FileEntries> find() {
            try {
                Class<?> entry = Class.forName("org.junit.platform.engine.reporting.FileEntry");
                return Optional.of(new FileEntries(
                        entry.getMethod("from", Path.class, String.class),
                        EngineExecutionListener.class.getMethod("fileEntryPublished", TestDescriptor.class, entry)));
            } catch (ClassNotFoundException | NoSuchMethodException e) {
                return Optional.empty();
            }
        }

        void publish(EngineExecutionListener listener, TestDescriptor test, Path file) {
            try {
                publish.invoke(
                        listener, test, from.invoke(null, file, Files.isDirectory(file) ? null : mediaType(file)));
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            } catch (InvocationTargetException e) {
                throw new IllegalStateException(e.getCause());
            }
        }

        private static String mediaType(Path file) {
            String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
            if (name.endsWith(".html")) {
                return "text/html";
            } else if (name.endsWith(".md")) {
                return "text/markdown";
            } else if (name.endsWith(".json")) {
                return "application/json";
            } else if (name.endsWith(".txt")) {
                return "text/plain";
            } else {
                return "application/octet-stream";
            }
        }
    }
}
