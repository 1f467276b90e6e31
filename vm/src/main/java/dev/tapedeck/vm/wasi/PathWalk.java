package dev.tapedeck.vm.wasi;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the way along a path, one name at a time, and never above the directory it starts from.
 *
 * <p>Each directory on the way is open, and the next name is looked up in that open directory, not along a path from the
 * root: whatever happens to names and links meanwhile, {@code ..} leads back to the directory it came from, and a link is
 * read, not followed by the system. So there is nothing that could lead out.
 */
final class PathWalk implements AutoCloseable {
    /** Bytes of a path, and of a link's target. */
    static final int PATH_BYTES_MAX = 4096;

    /** Characters of a name. */
    static final int NAME_CHARS_MAX = 255;

    /** Links on one path. */
    static final int LINKS_MAX = 40;

    /** Open directories at a time below the one it starts from. */
    private static final int REAL_DEPTH_MAX = 256;

    private final Directory base;
    private final Deque<Directory> opened = new ArrayDeque<>();
    private String name = "";
    private boolean directoryMeant;
    private @Nullable Filestat stat;

    private PathWalk(Directory base) {
        this.base = base;
    }

    /**
     * Walks along {@code path} from {@code base}.
     *
     * @param follow whether a link at the end is followed; one in the middle always is
     * @throws ErrnoException NOTCAPABLE if the path leads out of {@code base}
     */
    static PathWalk to(Directory base, String path, boolean follow) throws ErrnoException {
        PathWalk walk = new PathWalk(base);
        try {
            walk.walk(path, follow);
            return walk;
        } catch (ErrnoException e) {
            walk.close();
            throw e;
        }
    }

    /** The directory in which the last name is. */
    Directory directory() {
        Directory last = opened.peek();
        return last == null ? base : last;
    }

    /** The last name, which need not exist; empty if the path leads to {@link #directory} itself. */
    String name() {
        return name;
    }

    /** Whether the path says that it leads to a directory: a slash or a dot is at its end. */
    boolean directoryMeant() {
        return directoryMeant;
    }

    /** What is there, or null if nothing is. */
    @Nullable
    Filestat stat() {
        return stat;
    }

    /** What is there. */
    Filestat existing() throws ErrnoException {
        if (stat == null) {
            throw new ErrnoException(Errno.NOENT);
        }
        if (directoryMeant && stat.type() != FileType.DIRECTORY) {
            throw new ErrnoException(Errno.NOTDIR);
        }
        return stat;
    }

    private void walk(String path, boolean follow) throws ErrnoException {
        Deque<String> ahead = new ArrayDeque<>();
        directoryMeant = push(ahead, path);
        int links = 0;
        while (true) {
            String next = ahead.poll();
            if (next == null) {
                name = "";
                stat = directory().stat();
                return;
            }
            if (next.equals(".")) {
                continue;
            }
            if (next.equals("..")) {
                Directory left = opened.poll();
                if (left == null) {
                    throw new ErrnoException(Errno.NOTCAPABLE);
                }
                left.close();
                continue;
            }
            if (next.length() > NAME_CHARS_MAX) {
                throw new ErrnoException(Errno.NAMETOOLONG);
            }
            boolean last = ahead.isEmpty();
            Filestat found = lookup(next);
            if (found != null && found.type() == FileType.SYMBOLIC_LINK && (!last || follow)) {
                links++;
                if (links > LINKS_MAX) {
                    throw new ErrnoException(Errno.LOOP);
                }
                boolean directory = push(ahead, directory().readLink(next));
                directoryMeant |= last && directory;
            } else if (last) {
                name = next;
                stat = found;
                return;
            } else if (found == null) {
                throw new ErrnoException(Errno.NOENT);
            } else if (found.type() != FileType.DIRECTORY) {
                throw new ErrnoException(Errno.NOTDIR);
            } else {
                if (base.tree() != 0 && opened.size() == REAL_DEPTH_MAX) {
                    throw new ErrnoException(Errno.NAMETOOLONG);
                }
                opened.push(directory().directory(next));
            }
        }
    }

    private @Nullable Filestat lookup(String entry) throws ErrnoException {
        try {
            return directory().stat(entry);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.NOENT) {
                return null;
            }
            throw e;
        }
    }

    /** Puts the names of a path in front, and says whether its end means a directory. */
    private static boolean push(Deque<String> ahead, String path) throws ErrnoException {
        if (path.isEmpty()) {
            throw new ErrnoException(Errno.NOENT);
        }
        if (path.startsWith("/")) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
        List<String> names = new ArrayList<>();
        int start = 0;
        for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', start)) {
            if (end > start) {
                names.add(path.substring(start, end));
            }
            start = end + 1;
        }
        if (start < path.length()) {
            names.add(path.substring(start));
        }
        for (int i = names.size() - 1; i >= 0; i--) {
            ahead.push(names.get(i));
        }
        return path.endsWith("/")
                || path.equals(".")
                || path.equals("..")
                || path.endsWith("/.")
                || path.endsWith("/..");
    }

    @Override
    public void close() {
        opened.forEach(Directory::close);
        opened.clear();
    }
}
