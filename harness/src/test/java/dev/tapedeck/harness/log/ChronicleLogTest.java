package dev.tapedeck.harness.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChronicleLogTest {
    @TempDir
    Path temp;

    private static List<byte[]> excerpts(int count, int lengthMax, long seed) {
        Random random = new Random(seed);
        List<byte[]> excerpts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = new byte[1 + random.nextInt(lengthMax)];
            random.nextBytes(bytes);
            // Every third ends in zeros, which must not be taken for the unused end of the file.
            for (int j = bytes.length / 2; i % 3 == 0 && j < bytes.length; j++) {
                bytes[j] = 0;
            }
            excerpts.add(bytes);
        }
        return excerpts;
    }

    private Path write(String name, List<byte[]> excerpts) throws IOException {
        Path directory = temp.resolve(name);
        try (ExcerptLog log = ChronicleLog.create(directory)) {
            for (byte[] excerpt : excerpts) {
                log.append(excerpt);
            }
            assertThat(log.size()).isEqualTo(excerpts.size());
        }
        return directory;
    }

    private static List<byte[]> read(Path directory) throws IOException {
        List<byte[]> excerpts = new ArrayList<>();
        try (ExcerptLog log = ChronicleLog.openForReading(directory)) {
            for (long i = 0; i < log.size(); i++) {
                excerpts.add(log.read(i));
            }
        }
        return excerpts;
    }

    private static void assertSame(List<byte[]> actual, List<byte[]> expected) {
        assertThat(buffers(actual)).isEqualTo(buffers(expected));
    }

    /** Buffers compare by content. */
    private static List<ByteBuffer> buffers(List<byte[]> excerpts) {
        return excerpts.stream().map(ByteBuffer::wrap).toList();
    }

    private static Path file(Path directory) {
        return directory.resolve(ChronicleLog.DATA_FILE);
    }

    @Test
    @DisplayName(
            "a reader does not mind that the unused end of the file is cut off while it reads, as at the end of a writer")
    void cutWhileItIsRead() throws Exception {
        List<byte[]> excerpts = excerpts(2000, 600, 7);
        try (FileChannel channel =
                FileChannel.open(file(write("r", excerpts)), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.truncate(QueueFile.scan(channel).end());
            for (int cut : new int[] {1, 3, 4, 7, 8, 4096, 1 << 20}) {
                QueueFile.Index index = QueueFile.scan(channel, channel.size() + cut);
                assertThat(index.count()).as("%s bytes cut off", cut).isEqualTo(excerpts.size());
                assertThat(index.end()).isLessThanOrEqualTo(channel.size());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 60, 4000, ExcerptLog.EXCERPT_BYTES_MAX})
    void whatIsAppendedIsRead(int lengthMax) throws IOException {
        List<byte[]> excerpts = excerpts(lengthMax > 100_000 ? 60 : 2000, lengthMax, lengthMax);
        assertSame(read(write("r", excerpts)), excerpts);
    }

    @Test
    void chroniclesOwnReaderReadsIt() throws IOException {
        List<byte[]> excerpts = excerpts(500, 3000, 1);
        Path directory = write("r", excerpts);
        List<byte[]> read = new ArrayList<>();
        try (ChronicleQueue queue = SingleChronicleQueueBuilder.binary(directory)
                        .rollCycle(RollCycles.FAST_DAILY)
                        .readOnly(true)
                        .build();
                ExcerptTailer tailer = queue.createTailer()) {
            Bytes<byte[]> bytes = Bytes.allocateElasticOnHeap(1024);
            while (tailer.readBytes(bytes)) {
                read.add(bytes.toByteArray());
                bytes.clear();
            }
        }
        assertSame(read, excerpts);
    }

    @Test
    void aLogThatIsStillBeingWrittenCanBeRead() throws IOException {
        Path directory = temp.resolve("r");
        try (ExcerptLog log = ChronicleLog.create(directory)) {
            log.append(new byte[] {1, 2, 3});
            assertThat(read(directory)).containsExactly(new byte[] {1, 2, 3});
            log.append(new byte[] {4});
            assertThat(read(directory)).hasSize(2);
        }
    }

    @Test
    void sameExcerptsGiveTheSameFile() throws IOException {
        Path a = write("a", excerpts(300, 500, 7));
        Path b = write("b", excerpts(300, 500, 7));
        assertThat(file(a)).hasSameBinaryContentAs(file(b));
    }

    @Test
    void aSmallLogIsSmall() throws IOException {
        Path directory = write("r", excerpts(5, 100, 3));
        assertThat(Files.size(file(directory))).isLessThan(70_000);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file(directory));
        }
    }

    @Test
    void excerptsHaveALimit() throws IOException {
        try (ExcerptLog log = ChronicleLog.create(temp.resolve("r"))) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> log.append(new byte[ExcerptLog.EXCERPT_BYTES_MAX + 1])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected 1 to 131072");
            log.append(new byte[ExcerptLog.EXCERPT_BYTES_MAX]);
            assertThat(log.size()).isEqualTo(1);
        }
    }

    @Test
    void placesThatCannotBeALogAreRefusedWithASentence() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "x");
        Path full = Files.createDirectory(temp.resolve("full"));
        Files.writeString(full.resolve("other"), "x");
        Path empty = Files.createDirectory(temp.resolve("empty"));
        assertThatIOException().isThrownBy(() -> ChronicleLog.create(file)).withMessageContaining("is a file");
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.create(file.resolve("below")))
                .withMessageContaining("cannot create the directory");
        assertThatIOException().isThrownBy(() -> ChronicleLog.create(full)).withMessageContaining("is not empty");
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.openForReading(temp.resolve("missing")))
                .withMessageContaining("there is no recording");
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.openForReading(file))
                .withMessageContaining("is a file, not the directory of a recording");
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.openForReading(empty))
                .withMessageContaining("is not a recording: it has no file");
    }

    @Test
    void filesThatAreNoQueueAreRefusedWithASentence() throws IOException {
        Path directory = Files.createDirectory(temp.resolve("r"));
        Random random = new Random(11);
        byte[] noise = new byte[100_000];
        random.nextBytes(noise);
        for (byte[] content : List.of(
                new byte[0],
                new byte[3],
                new byte[100_000],
                noise,
                "hello, world".getBytes(StandardCharsets.UTF_8),
                new byte[] {100, 0, 0, 0x40, 1, 2, 3})) {
            Files.write(file(directory), content);
            assertThatIOException()
                    .isThrownBy(() -> ChronicleLog.openForReading(directory))
                    .withMessageContaining("it is not a recording, or it was damaged");
        }
        Files.delete(file(directory));
        Files.createDirectory(file(directory));
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.openForReading(directory))
                .withMessageContaining("is not a recording");
    }

    @Test
    @DisplayName("Wherever a file is cut, what is before the cut is read, or the file is refused")
    void cutFiles() throws IOException {
        List<byte[]> excerpts = excerpts(200, 300, 5);
        Path directory = write("r", excerpts);
        byte[] whole = Files.readAllBytes(file(directory));
        long seed = 42;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int length = i < 100 ? i * 8 : 60_000 + random.nextInt(whole.length - 60_000);
            Files.write(file(directory), Arrays.copyOf(whole, length));
            try {
                List<byte[]> read = read(directory);
                assertThat(buffers(read))
                        .as("seed %d, length %d", seed, length)
                        .isEqualTo(buffers(excerpts.subList(0, read.size())));
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("damaged");
                assertThat(length).isLessThan(1000);
            }
        }
    }

    @Test
    void garbageInFilesThatReadingDoesNotNeedDoesNotMatter() throws IOException {
        Path directory = write("r", excerpts(3, 10, 5));
        Files.writeString(directory.resolve(ChronicleLog.METADATA_FILE), "garbage");
        assertThat(read(directory)).hasSize(3);
    }

    @Test
    void aReadOnlyDirectoryIsRefused() throws IOException {
        Path directory = Files.createDirectory(temp.resolve("r"));
        assumeTrue(directory.toFile().setWritable(false), "cannot take away the right to write");
        assumeTrue(!Files.isWritable(directory), "this user may write everywhere");
        assertThatIOException()
                .isThrownBy(() -> ChronicleLog.create(directory))
                .withMessageContaining("permission denied");
    }

    @Test
    @DisplayName("200 recordings in a row leave no file handle and no mapping behind")
    void handlesAreReleased() throws IOException {
        Path handles = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(handles), "there is no /proc to count handles in");
        read(write("warm", excerpts(3, 100, 1)));
        long before = count(handles);
        for (int i = 0; i < 200; i++) {
            read(write("r" + i, excerpts(3, 100, i)));
        }
        assertThat(count(handles)).isLessThan(before + 20);
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.UTF_8)) {
            assertThat(maps.filter(line -> line.contains(".cq4"))).hasSizeLessThan(10);
        }
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    @Test
    void writingAndReadingPrintsNothing() throws IOException {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream catching = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            System.setOut(catching);
            System.setErr(catching);
            read(write("r", excerpts(100, 1000, 1)));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    @DisplayName("A page of zeros in the middle ends the log there; nothing wrong is read")
    void zeroedPage() throws IOException {
        List<byte[]> excerpts = excerpts(300, 300, 5);
        Path directory = write("r", excerpts);
        try (RandomAccessFile file = new RandomAccessFile(file(directory).toFile(), "rw")) {
            file.seek(80 * 1024);
            file.write(new byte[4096]);
        }
        List<byte[]> read = read(directory);
        assertThat(read.size()).isBetween(1, 299);
        // The page begins inside an excerpt, which comes back with zeros: noticing that is up to the one above.
        assertSame(read.subList(0, read.size() - 1), excerpts.subList(0, read.size() - 1));
    }
}
