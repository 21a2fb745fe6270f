package io.migpool.deviceplugin.kubelet;

import io.grpc.Server;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves PodResources on a socket of our own, with the UUIDs of devices instead of our slots, so that monitors that
 * identify GPUs by UUID can find out which pod uses which.
 */
public final class PodResourcesServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PodResourcesServer.class.getName());
    private static final long CALL_TIMEOUT_SECONDS = 5;

    private final UnixSockets sockets;
    private final Path socket;
    private final TranslatedPodResources service;
    private @Nullable Server server;

    /**
     * @param socket socket to serve on; its directory is created if missing
     * @param kubelet source of the slots of pods
     * @param resourceName supplies the count resource at every call
     * @param devices the devices behind the slots
     */
    public PodResourcesServer(
            UnixSockets sockets,
            Path socket,
            KubeletPodResources kubelet,
            Supplier<String> resourceName,
            SlotDevices devices) {
        this.sockets = sockets;
        this.socket = socket;
        this.service = new TranslatedPodResources(kubelet, resourceName, devices);
    }

    /** Starts serving. Nothing else depends on it, so a failure is only logged. */
    public void start() {
        try {
            Files.createDirectories(socket.toAbsolutePath().getParent());
            server = sockets.serve(socket, service);
            LOG.log(Level.INFO, "serving PodResources on {0}", socket);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "monitoring tools cannot see which pod uses which device: " + socket, e);
        }
    }

    @Override
    public void close() {
        if (server == null) {
            return;
        }
        try {
            server.shutdownNow().awaitTermination(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            Files.deleteIfExists(socket);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot remove the socket file; it is removed at the next start", e);
        }
        server = null;
    }
}
