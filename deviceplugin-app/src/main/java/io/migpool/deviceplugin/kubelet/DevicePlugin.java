package io.migpool.deviceplugin.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import io.migpool.runtime.time.BackOff;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Our side of the device plugin protocol: serves on a socket next to kubelet's and stays registered.
 *
 * <p>It registers when kubelet's socket appears or is recreated (kubelet restarted and removed our socket), and
 * whenever ListAndWatch ends while kubelet's socket exists. Before it registers, it ends its own streams: kubelet marks
 * a resource as gone when any connection for it ends, even one older than the newest registration.
 *
 * <p>A resource that is no longer needed is given up: nothing is served for it, and another plugin may use its name.
 *
 * <p>One virtual thread does all of this; failed attempts are retried after 0.2 s, 0.4 s, … 5 s.
 */
public final class DevicePlugin implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DevicePlugin.class.getName());
    private static final String API_VERSION = "v1beta1";
    private static final String KUBELET_SOCKET = "kubelet.sock";
    private static final BackOff RETRIES = new BackOff(Duration.ofMillis(200), Duration.ofSeconds(5));
    /** The directory is watched; this only bounds the cost of a missed notification. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

    private static final Duration DIAL_BACK_LIMIT = Duration.ofSeconds(10);
    private static final Duration DISCONNECT_PAUSE = Duration.ofMillis(100);
    private static final long CALL_TIMEOUT_SECONDS = 5;

    private final UnixSockets sockets;
    private final Path directory;
    private final String socketName;
    private final Supplier<Optional<String>> resource;
    private final ResourceRegistrations registrations;
    private final KubeletObserver observer;
    private final DeviceStreams streams;
    private final DevicePluginService service;
    private final Signal wake = new Signal();
    private final AtomicBoolean pushDue = new AtomicBoolean();
    private final Thread thread;

    private final Runnable onNameFree = wake::raise;

    private volatile boolean registered;
    /** The value of {@link #isRegistered} of which the listener was last notified. */
    private final AtomicBoolean toldRegistered = new AtomicBoolean();

    private volatile Runnable onRegistration = () -> {};
    private @Nullable Server server;
    private @Nullable SocketIdentity ours;
    private @Nullable SocketIdentity kubelets;
    /** The served resource, registered or not; empty if there is none. */
    private volatile String served = "";

    private long registeredAt = System.nanoTime() - DIAL_BACK_LIMIT.toNanos();

    /**
     * @param directory kubelet's device plugin directory
     * @param socketName name of our socket there
     * @param resource supplies the resource's name; empty while no devices are offered. A change takes effect at the
     *     next check
     * @param registrations the registrations of all plugins of this agent
     */
    public DevicePlugin(
            UnixSockets sockets,
            Path directory,
            String socketName,
            Supplier<Optional<String>> resource,
            ResourceRegistrations registrations,
            DeviceSupply supply,
            AllocationHandler handler,
            KubeletObserver observer) {
        this.sockets = sockets;
        this.directory = directory;
        this.socketName = socketName;
        this.resource = resource;
        this.registrations = registrations;
        this.observer = observer;
        this.streams = new DeviceStreams(supply, this::tellRegistration, this::streamEnded);
        this.service = new DevicePluginService(handler, streams, observer);
        this.thread = Thread.ofVirtual().name("kubelet-registration").unstarted(this::run);
        supply.onChange(streams::push);
        registrations.onFree(onNameFree);
    }

    /** Starts serving and registering; returns immediately. */
    public void start() {
        thread.start();
    }

    /**
     * Returns whether kubelet has accepted the registration and listens to our devices, or there is nothing to
     * register.
     */
    public boolean isRegistered() {
        try {
            return resource.get()
                    .map(wanted -> registered && served.equals(wanted) && !streams.isEmpty())
                    .orElse(true);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.DEBUG, "the registration fails likewise, and reports it", e);
            return false;
        }
    }

    /**
     * Sets the listener that is called after {@link #isRegistered} has changed; call this before the start. It must be
     * quick.
     */
    public void onRegistration(Runnable listener) {
        onRegistration = listener;
    }

    private void tellRegistration() {
        boolean now = isRegistered();
        if (toldRegistered.getAndSet(now) != now) {
            onRegistration.run();
        }
    }

    /** Checks now whether the resource is needed. */
    public void check() {
        wake.raise();
    }

    /** Announces that the devices may have changed; does not block. */
    public void pushSoon() {
        pushDue.set(true);
        wake.raise();
    }

    private void streamEnded() {
        registered = false;
        tellRegistration();
        wake.raise();
    }

    private void run() {
        Duration retry = RETRIES.first();
        try (SocketWatch watch = SocketWatch.of(directory, wake)) {
            LOG.log(Level.DEBUG, "watching {0}", watch);
            while (!Thread.currentThread().isInterrupted()) {
                boolean done = guardedStep();
                tellRegistration();
                wake.await(done ? CHECK_INTERVAL : retry);
                boolean lostAgain = !registered && sinceRegistration().compareTo(RETRIES.longest()) < 0;
                if (done && lostAgain) {
                    // kubelet hung up soon after it had accepted us; retrying immediately could go on forever.
                    TimeUnit.NANOSECONDS.sleep(retry.toNanos());
                }
                retry = done && !lostAgain ? RETRIES.first() : RETRIES.after(retry);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean guardedStep() throws InterruptedException {
        try {
            return step();
        } catch (RuntimeException | Error e) {
            // Also when the machine is out of threads for a moment: nobody else would register again.
            registered = false;
            LOG.log(Level.ERROR, "the registration failed unexpectedly; retrying", e);
            return false;
        }
    }

    private Duration sinceRegistration() {
        return Duration.ofNanos(System.nanoTime() - registeredAt);
    }

    /** Does what is needed now; returns false if it has to be retried soon. */
    private boolean step() throws InterruptedException {
        if (pushDue.compareAndSet(true, false)) {
            streams.push();
        }
        Optional<String> wanted = resource.get();
        if (!served.isEmpty() && !served.equals(wanted.orElse(""))) {
            leave();
        }
        if (wanted.isEmpty() || !registrations.take(wanted.get(), socketName)) {
            return true;
        }
        served = wanted.get();
        try {
            serve();
            Optional<SocketIdentity> kubelet = SocketIdentity.of(directory.resolve(KUBELET_SOCKET));
            if (kubelet.isEmpty()) {
                registered = false;
                return true;
            }
            if (needsRegistration(kubelet.get())) {
                register(wanted.get());
                kubelets = kubelet.get();
            }
            return true;
        } catch (IOException e) {
            registered = false;
            LOG.log(Level.WARNING, "not registered with kubelet: {0}", String.valueOf(e));
            observer.registered(Optional.of("Unavailable"));
            return false;
        } catch (StatusRuntimeException e) {
            registered = false;
            LOG.log(Level.WARNING, "kubelet refused the registration: {0}", text(e.getStatus()));
            observer.registered(Optional.of(e.getStatus().getCode().name()));
            return false;
        }
    }

    /**
     * Returns a status without the stack trace of its cause, because it is logged every few seconds while kubelet is
     * unavailable.
     */
    private static String text(Status status) {
        Throwable cause = status.getCause();
        return "%s, %s".formatted(status.getCode(), cause == null ? status.getDescription() : cause.getMessage());
    }

    private boolean needsRegistration(SocketIdentity kubelet) {
        boolean dialledBack = !streams.isEmpty() || sinceRegistration().compareTo(DIAL_BACK_LIMIT) < 0;
        return !registered || !kubelet.equals(kubelets) || !dialledBack;
    }

    /** Starts serving unless it already does; kubelet removes foreign sockets when it starts. */
    private void serve() throws IOException {
        Path socket = directory.resolve(socketName);
        if (server != null && SocketIdentity.of(socket).equals(Optional.ofNullable(ours))) {
            return;
        }
        stopServing();
        registered = false;
        server = sockets.serve(socket, service);
        ours = SocketIdentity.of(socket).orElse(null);
        LOG.log(Level.INFO, "serving on {0}", socket);
    }

    /** Gives up the resource; kubelet learns of its end before its name is free. */
    private void leave() throws InterruptedException {
        endStreams();
        stopServing();
        registered = false;
        served = "";
        registrations.giveBack(socketName);
    }

    private void endStreams() throws InterruptedException {
        if (streams.endAll()) {
            // kubelet has to notice the end before the next registration.
            TimeUnit.MILLISECONDS.sleep(DISCONNECT_PAUSE.toMillis());
        }
    }

    private void stopServing() {
        if (server != null) {
            streams.endAll();
            try {
                // Closing removes the socket file, so it must be complete before another server binds there.
                server.shutdownNow().awaitTermination(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server = null;
        }
    }

    private void register(String name) throws IOException, InterruptedException {
        endStreams();
        ManagedChannel channel = sockets.connect(directory.resolve(KUBELET_SOCKET));
        try {
            registeredAt = System.nanoTime();
            // Set first, because kubelet may dial back, and even hang up, before its answer arrives here.
            registered = true;
            RegistrationGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .register(RegisterRequest.newBuilder()
                            .setVersion(API_VERSION)
                            .setEndpoint(socketName)
                            .setResourceName(name)
                            .setOptions(DevicePluginService.options())
                            .build());
        } finally {
            channel.shutdownNow();
        }
        observer.registered(Optional.empty());
        LOG.log(Level.INFO, "registered {0} with kubelet", name);
    }

    /** Stops serving; kubelet keeps the devices that it has handed out. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(CALL_TIMEOUT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        registrations.forget(onNameFree);
        stopServing();
        registrations.giveBack(socketName);
        try {
            Files.deleteIfExists(directory.resolve(socketName));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot remove the socket file; it is removed at the next start", e);
        }
    }
}
