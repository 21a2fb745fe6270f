package io.migpool.deviceplugin.host;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.exceptions.DBusExecutionException;
import org.freedesktop.dbus.interfaces.Properties;

/**
 * {@link Systemd} over D-Bus ({@code org.freedesktop.systemd1}). Connects for each call: calls are rare, and the bus
 * may have been restarted in between.
 */
public final class DbusSystemd implements Systemd {

    private static final String BUS_NAME = "org.freedesktop.systemd1";
    private static final String MANAGER_PATH = "/org/freedesktop/systemd1";
    private static final String UNIT = "org.freedesktop.systemd1.Unit";
    private static final String JOB = "org.freedesktop.systemd1.Job";
    private static final String SERVICE = "org.freedesktop.systemd1.Service";
    /** Queues the job, and replaces one that contradicts it. */
    private static final String REPLACE = "replace";

    private static final Duration JOB_LIMIT = Duration.ofSeconds(90);
    private static final long LOOK_AGAIN_MILLIS = 100;
    /** For all of a call: connecting has no limit of its own, and a bus that is frozen accepts a connection. */
    private static final Duration CALL_LIMIT = JOB_LIMIT.plusSeconds(30);

    private final String address;
    private final InstantSource clock;
    private final Duration limit;

    /** @param address address of the system bus, for example {@code unix:path=/run/dbus/system_bus_socket} */
    public DbusSystemd(String address, InstantSource clock) {
        this(address, clock, CALL_LIMIT);
    }

    /**
     * @param limit how long a call may take in total
     */
    DbusSystemd(String address, InstantSource clock, Duration limit) {
        this.address = address;
        this.clock = clock;
        this.limit = limit;
    }

    /** A call over the bus. */
    @FunctionalInterface
    private interface Call<T> {
        T on(DBusConnection bus) throws DBusException, IOException;
    }

    private <T> T call(String what, Call<T> call) throws IOException {
        FutureTask<T> answer = new FutureTask<>(() -> connected(what, call));
        Thread caller = Thread.ofVirtual().name("dbus-call").start(answer);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("%s over %s: no answer within %s".formatted(what, address, limit), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("%s over %s: interrupted".formatted(what, address), e);
        } catch (ExecutionException e) {
            throw failure(what, e);
        } finally {
            // Closes the connection of one that has not ended, even while it connects.
            caller.interrupt();
        }
    }

    private static IOException failure(String what, ExecutionException e) {
        return switch (e.getCause()) {
            case IOException failure -> failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> new IOException(what + " failed", e);
        };
    }

    private <T> T connected(String what, Call<T> call) throws IOException {
        try (DBusConnection bus =
                DBusConnectionBuilder.forAddress(address).withShared(false).build()) {
            return call.on(bus);
        } catch (DBusException | RuntimeException e) {
            // The library throws unchecked exceptions for error replies, and for invalid addresses.
            throw new IOException("%s over %s failed: %s".formatted(what, address, e.getMessage()), e);
        } catch (LinkageError e) {
            throw new IOException("%s failed: the D-Bus library lacks part of Java: %s".formatted(what, e), e);
        }
    }

    @Override
    public Unit unit(String name) throws IOException {
        return call("reading unit " + name, bus -> read(bus, name));
    }

    private static Unit read(DBusConnection bus, String name) throws DBusException {
        String path = manager(bus).loadUnit(name).getPath();
        Properties properties = bus.getRemoteObject(BUS_NAME, path, Properties.class);
        return new Unit(
                properties.Get(UNIT, "LoadState"),
                properties.Get(UNIT, "ActiveState"),
                properties.Get(UNIT, "UnitFileState"),
                name.endsWith(".service") ? properties.Get(SERVICE, "Type") : "");
    }

    private static SystemdManager manager(DBusConnection bus) throws DBusException {
        return bus.getRemoteObject(BUS_NAME, MANAGER_PATH, SystemdManager.class);
    }

    @Override
    public void stop(String name) throws IOException {
        call("stopping " + name, bus -> {
            await(bus, name, manager(bus).stopUnit(name, REPLACE));
            Unit unit = read(bus, name);
            if (!unit.isDown()) {
                throw notAsAsked(name, unit);
            }
            return unit;
        });
    }

    @Override
    public void start(String name) throws IOException {
        call("starting " + name, bus -> {
            await(bus, name, manager(bus).startUnit(name, REPLACE));
            Unit unit = read(bus, name);
            boolean hasRun = unit.type().equals("oneshot") && unit.activeState().equals("inactive");
            if (!unit.isRunning() && !hasRun) {
                throw notAsAsked(name, unit);
            }
            return unit;
        });
    }

    private static IOException notAsAsked(String name, Unit unit) {
        return new IOException("%s is %s; see journalctl -u %s on the node".formatted(name, unit.activeState(), name));
    }

    /** Waits for a job, whose object disappears when it is done. */
    private void await(DBusConnection bus, String name, DBusPath job) throws DBusException, IOException {
        Instant deadline = clock.instant().plus(JOB_LIMIT);
        while (isQueued(bus, job)) {
            if (!clock.instant().isBefore(deadline)) {
                throw new IOException("%s has not changed after %s; see journalctl -u %s on the node"
                        .formatted(name, JOB_LIMIT, name));
            }
            pause();
        }
    }

    private static boolean isQueued(DBusConnection bus, DBusPath job) throws DBusException {
        try {
            String state = bus.getRemoteObject(BUS_NAME, job.getPath(), Properties.class)
                    .Get(JOB, "State");
            return !state.isEmpty();
        } catch (DBusExecutionException e) {
            return false;
        }
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a unit changes", e);
        }
    }

    /** Reboots like {@code systemctl reboot}: services are shut down first. */
    @Override
    public void reboot() throws IOException {
        call("asking for a reboot", bus -> {
            manager(bus).startUnit("reboot.target", "replace-irreversibly");
            return address;
        });
    }
}
