package io.migpool.testbed.controlplane;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The key that signs the tokens of service accounts.
 *
 * @param privateKey PEM file, readable by its owner only
 * @param publicKey PEM file
 */
record ServiceAccountKey(Path privateKey, Path publicKey) {

    private static final int RSA_BITS = 2048;
    private static final int PEM_LINE = 64;

    static ServiceAccountKey create(Path directory) throws IOException {
        KeyPair pair = generate();
        Path privateKey = directory.resolve("service-account.key");
        Files.createFile(
                privateKey, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(privateKey, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        Path publicKey = Files.writeString(
                directory.resolve("service-account.pub"),
                pem("PUBLIC KEY", pair.getPublic().getEncoded()));
        return new ServiceAccountKey(privateKey, publicKey);
    }

    private static KeyPair generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(RSA_BITS);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has RSA", e);
        }
    }

    private static String pem(String type, byte[] encoded) {
        String body = Base64.getMimeEncoder(PEM_LINE, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(encoded);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, body, type);
    }
}
