package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** An application as users get it, in contrast to the classes that this JVM has on its class path. */
public sealed interface DeliveredApp permits PackagedApp, AppImage {

    /** Which one. */
    AppKind kind();

    /**
     * What starts it as in a container of 512 MiB.
     *
     * @param settings MicroProfile properties that win over everything else
     * @param directory where it may keep what its successors read
     * @throws IOException if it has not been built
     */
    List<String> command(Map<String, String> settings, Path directory) throws IOException;
}
