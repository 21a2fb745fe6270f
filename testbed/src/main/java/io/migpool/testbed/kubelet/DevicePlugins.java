package io.migpool.testbed.kubelet;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.Empty;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/** The Registration service and its registrations: one endpoint per resource. */
final class DevicePlugins extends RegistrationGrpc.RegistrationImplBase {

    private static final Logger LOG = System.getLogger(DevicePlugins.class.getName());
    private static final String VERSION = "v1beta1";

    private final UnixTransport transport;
    private final Path directory;
    private final KubeletTiming timing;
    private final NodeTime time;
    private final Runnable changed;

    // Guards endpoints, removed, open and generation; never held while a plugin is called.
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, PluginEndpoint> endpoints = new TreeMap<>();
    private final Set<String> removed = new TreeSet<>();
    // The registered connections, and those that a newer registration has replaced but whose streams are still open.
    private final Set<PluginConnection> open = new HashSet<>();
    private int generation;

    /**
     * Starts with the resources in the checkpoint.
     *
     * @param directory directory of the plugins' sockets
     * @param changed called without a lock after each change of a device list
     */
    DevicePlugins(
            UnixTransport transport,
            Path directory,
            KubeletTiming timing,
            NodeTime time,
            Collection<String> remembered,
            Runnable changed) {
        this.transport = transport;
        this.directory = directory;
        this.timing = timing;
        this.time = time;
        this.changed = changed;
        var now = time.instant();
        remembered.forEach(resource -> endpoints.put(resource, PluginEndpoint.remembered(resource, now)));
        if (!remembered.isEmpty()) {
            removeUnlessItComesBack();
        }
    }

    @Override
    public void register(RegisterRequest request, StreamObserver<Empty> answer) {
        if (!VERSION.equals(request.getVersion())) {
            answer.onError(Status.UNKNOWN
                    .withDescription(
                            "requested API version \"%s\" is not supported by kubelet. Supported version is [%s]"
                                    .formatted(request.getVersion(), VERSION))
                    .asRuntimeException());
            return;
        }
        if (!request.getResourceName().contains("/")) {
            answer.onError(Status.UNKNOWN
                    .withDescription(
                            "invalid name of device plugin resource: \"%s\" has no domain, expected domain/name"
                                    .formatted(request.getResourceName()))
                    .asRuntimeException());
            return;
        }
        try {
            dialBack(request);
        } catch (StatusRuntimeException unreachable) {
            answer.onError(Status.UNKNOWN
                    .withDescription("failed to dial device plugin socket %s: %s"
                            .formatted(request.getEndpoint(), unreachable.getMessage()))
                    .withCause(unreachable)
                    .asRuntimeException());
            return;
        }
        answer.onNext(Empty.getDefaultInstance());
        answer.onCompleted();
    }

    /** Returns the endpoint of a resource that a plugin serves, or served until not long ago. */
    Optional<PluginEndpoint> endpoint(String resource) {
        lock.lock();
        try {
            return Optional.ofNullable(endpoints.get(resource));
        } finally {
            lock.unlock();
        }
    }

    List<PluginEndpoint> endpoints() {
        lock.lock();
        try {
            return List.copyOf(endpoints.values());
        } finally {
            lock.unlock();
        }
    }

    /** Returns the resources whose plugins have stayed away for too long. */
    Set<String> removed() {
        lock.lock();
        try {
            return Set.copyOf(removed);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets connections, options and devices, as a restarting kubelet does; the resources stay known. */
    void forgetConnections() {
        List<PluginConnection> forgotten;
        lock.lock();
        try {
            generation++;
            forgotten = List.copyOf(open);
            open.clear();
            var now = time.instant();
            endpoints.replaceAll((resource, _) -> PluginEndpoint.remembered(resource, now));
        } finally {
            lock.unlock();
        }
        removeUnlessItComesBack();
        forgotten.forEach(PluginConnection::close);
    }

    private void dialBack(RegisterRequest request) {
        var resource = request.getResourceName();
        var connection = new PluginConnection(transport.dial(directory.resolve(request.getEndpoint())), timing);
        DevicePluginOptions options;
        try {
            options = connection.options();
        } catch (StatusRuntimeException unreachable) {
            connection.close();
            throw unreachable;
        }
        int registeredIn;
        lock.lock();
        try {
            registeredIn = generation;
            open.add(connection);
            removed.remove(resource);
            endpoints.compute(
                    resource,
                    (_, known) -> (known == null ? PluginEndpoint.remembered(resource, time.instant()) : known)
                            .registered(connection, options));
        } finally {
            lock.unlock();
        }
        LOG.log(Level.DEBUG, "Registered {0} at {1}", resource, request.getEndpoint());
        connection.follow(
                devices -> announced(resource, registeredIn, devices), () -> ended(resource, registeredIn, connection));
    }

    private void announced(String resource, int registeredIn, List<PluginDevice> devices) {
        lock.lock();
        try {
            if (registeredIn != generation) {
                return;
            }
            endpoints.computeIfPresent(resource, (_, endpoint) -> endpoint.announcing(devices));
        } finally {
            lock.unlock();
        }
        changed.run();
    }

    /**
     * Handles the end of a stream. kubelet looks the connection up by the resource's name, so the end of an old stream
     * disconnects whatever connection is registered now.
     */
    private void ended(String resource, int registeredIn, PluginConnection own) {
        own.close();
        Optional<PluginConnection> current;
        lock.lock();
        try {
            open.remove(own);
            var endpoint = endpoints.get(resource);
            if (registeredIn != generation || endpoint == null) {
                return;
            }
            current = endpoint.connection();
            endpoints.put(resource, endpoint.disconnected(time.instant()));
        } finally {
            lock.unlock();
        }
        removeUnlessItComesBack();
        if (current.isPresent()) {
            current.get().close();
            LOG.log(Level.DEBUG, "Disconnected the plugin of {0}", resource);
            changed.run();
        }
    }

    private void removeUnlessItComesBack() {
        time.after(timing.endpointStopGrace(), this::removeStopped);
    }

    /** Removes the resources whose plugins have been away for as long as kubelet keeps a stopped endpoint. */
    private void removeStopped() {
        var limit = time.instant().minus(timing.endpointStopGrace());
        boolean found;
        lock.lock();
        try {
            var expired = endpoints.values().stream()
                    .filter(endpoint -> endpoint.stopped().stream().anyMatch(stopped -> !stopped.isAfter(limit)))
                    .map(PluginEndpoint::resource)
                    .toList();
            removed.addAll(expired);
            found = endpoints.keySet().removeAll(expired);
        } finally {
            lock.unlock();
        }
        if (found) {
            var _ = Thread.ofVirtual().start(changed);
        }
    }
}
