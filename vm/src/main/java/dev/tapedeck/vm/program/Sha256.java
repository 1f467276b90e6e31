package dev.tapedeck.vm.program;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, which every Java platform has. */
public final class Sha256 {
    /** Bytes of a digest. */
    public static final int DIGEST_BYTES = 32;

    private Sha256() {}

    public static byte[] digest(byte[] bytes) {
        return digest(bytes, bytes.length);
    }

    /** The digest of the first {@code length} bytes. */
    public static byte[] digest(byte[] bytes, int length) {
        MessageDigest digest = create();
        digest.update(bytes, 0, length);
        return digest.digest();
    }

    /** A digest to be fed piece by piece. */
    public static MessageDigest create() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
