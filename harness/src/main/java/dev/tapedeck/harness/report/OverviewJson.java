package dev.tapedeck.harness.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.report.Overview.Row;
import dev.tapedeck.harness.report.Overview.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** All tests of a run as JSON, for tools, and for the next process of the same run. */
public final class OverviewJson {
    /** A larger file is not read: it is none of ours. */
    private static final long FILE_BYTES_MAX = 256L << 20;

    private OverviewJson() {}

    /** The document that {@code docs/json.md} describes. */
    public static String render(Overview overview) {
        return JsonReport.document(json -> {
            for (Status status : Status.values()) {
                json.writeNumberField(
                        status == Status.ERROR ? "errors" : status.mnemonic(),
                        overview.of(status).size());
            }
            json.writeBooleanField("finished", overview.incomplete().isEmpty());
            json.writeArrayFieldStart("tests");
            for (Row row : overview.rows()) {
                row(json, row);
            }
            json.writeEndArray();
        });
    }

    private static void row(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("title", row.title());
        json.writeStringField("verdict", row.status().mnemonic());
        json.writeStringField("message", row.reason());
        json.writeFieldName("instructions");
        if (row.instructions().isPresent()) {
            json.writeNumber(row.instructions().getAsLong());
        } else {
            json.writeNull();
        }
        json.writeStringField("folder", row.folder());
        json.writeFieldName("recording");
        if (row.recording().isPresent()) {
            json.writeString(row.recording().get());
        } else {
            json.writeNull();
        }
        strings(json, "files", row.files());
        strings(json, "earlier", row.earlier());
        json.writeEndObject();
    }

    private static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    /**
     * The tests in such a document, none if there is no file.
     *
     * @throws IOException if the file cannot be read, is something else, or has another schema
     */
    public static List<Row> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        if (!Files.isRegularFile(file) || Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException(file + " is not a list of results");
        }
        // Test by test: the whole document as a tree takes ten times as much memory as its text.
        List<Row> rows = new ArrayList<>();
        boolean any = false;
        try (JsonParser parser = new ObjectMapper().createParser(Files.newInputStream(file))) {
            boolean object = parser.nextToken() == JsonToken.START_OBJECT;
            while (object && parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean schema = parser.currentName().equals("schema");
                boolean tests = parser.currentName().equals("tests");
                JsonToken value = parser.nextToken();
                boolean number = value == JsonToken.VALUE_NUMBER_INT;
                if (schema && !(number && parser.getText().equals(Integer.toString(JsonReport.SCHEMA)))) {
                    throw new IOException(file + " has " + (number ? parser.getText() : "no number")
                            + " as its schema; this version of Tapedeck reads " + JsonReport.SCHEMA);
                }
                if (value != JsonToken.START_ARRAY || !tests) {
                    parser.skipChildren();
                    continue;
                }
                any = true;
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    rows.add(row(parser.readValueAsTree())
                            .orElseThrow(() -> new IOException(file + " has a test without a verdict")));
                }
            }
        }
        if (!any) {
            throw new IOException(file + " is not a list of results");
        }
        return rows;
    }

    private static Optional<Row> row(JsonNode test) {
        JsonNode instructions = test.path("instructions");
        return Status.ofMnemonic(test.path("verdict").asText())
                .map(status -> new Row(
                        test.path("folder").asText(),
                        test.path("title").asText(),
                        status,
                        test.path("message").asText(),
                        instructions.isIntegralNumber() ? OptionalLong.of(instructions.asLong()) : OptionalLong.empty(),
                        Optional.of(test.path("recording"))
                                .filter(JsonNode::isTextual)
                                .map(JsonNode::asText),
                        strings(test.path("files")),
                        strings(test.path("earlier"))));
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(element -> strings.add(element.asText()));
        return strings;
    }
}
