package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** An application in the form in which users get it, as opposed to the classes on this JVM's class path. */
public sealed interface DeliveredApp permits PackagedApp, AppImage {

    /** Which one. */
    AppKind kind();

    /**
     * Returns the command that starts it as in its container, with the memory that the manifests give it.
     *
     * @param settings MicroProfile properties that win over everything else
     * @param directory directory for files that it keeps for later starts
     * @throws IOException if it has not been built
     */
    List<String> command(Map<String, String> settings, Path directory) throws IOException;
}
