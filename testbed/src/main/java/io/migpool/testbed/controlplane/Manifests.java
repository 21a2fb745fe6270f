package io.migpool.testbed.controlplane;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** The files of {@code manifests/}, which the build puts on the class path. */
public final class Manifests {

    private Manifests() {}

    /**
     * Opens a file.
     *
     * @param path below {@code manifests/}, for example {@code base/webhook.yaml}
     * @throws FileNotFoundException if there is no such file
     */
    public static InputStream open(String path) throws IOException {
        InputStream stream = Manifests.class.getResourceAsStream("/manifests/" + path);
        if (stream == null) {
            throw new FileNotFoundException("manifests/" + path + " is not on the class path");
        }
        return stream;
    }
}
