package io.migpool.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Documents as users write them, kept as files. */
final class Documents {

    private Documents() {}

    static String text(String name) {
        try (InputStream file = Documents.class.getResourceAsStream("/documents/" + name)) {
            if (file == null) {
                throw new IllegalArgumentException("there is no document " + name);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
