package io.migpool.testbed.host;

import io.migpool.deviceplugin.host.Systemd.Unit;
import io.migpool.deviceplugin.host.SystemdManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.bin.EmbeddedDBusDaemon;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.exceptions.DBusExecutionException;
import org.freedesktop.dbus.interfaces.Properties;
import org.freedesktop.dbus.types.Variant;

/**
 * A system bus in this JVM with a double of systemd: units that start and stop immediately unless they are slow, and a
 * reboot with a listener.
 */
public final class HostBus implements AutoCloseable {

    private static final String NAME = "org.freedesktop.systemd1";
    private static final String ROOT = "/org/freedesktop/systemd1";
    private static final Unit NOT_FOUND = new Unit("not-found", "inactive", "", "");

    private final String address;
    private final EmbeddedDBusDaemon daemon;
    private final DBusConnection connection;
    private final Map<String, Unit> units = new ConcurrentHashMap<>();
    private final Map<String, String> paths = new ConcurrentHashMap<>();
    private final List<String> jobs = new CopyOnWriteArrayList<>();
    /** Jobs of slow units, by unit. */
    private final Map<String, SlowJob> slow = new ConcurrentHashMap<>();

    private HostBus(Path socket, Runnable onReboot) throws DBusException {
        address = "unix:path=" + socket;
        daemon = new EmbeddedDBusDaemon(address + ",listen=true");
        daemon.startInBackgroundAndWait();
        connection = DBusConnectionBuilder.forAddress(address).withShared(false).build();
        connection.exportObject(ROOT, new Manager(onReboot));
        connection.requestBusName(NAME);
    }

    /**
     * Starts a bus.
     *
     * @param socket its socket; the path must be short
     * @param onReboot called when the machine is asked to reboot
     */
    public static HostBus start(Path socket, Runnable onReboot) throws IOException {
        try {
            return new HostBus(socket, onReboot);
        } catch (DBusException e) {
            throw new IOException("the system bus on %s does not start".formatted(socket), e);
        }
    }

    /** Returns the address for clients. */
    public String address() {
        return address;
    }

    /** Installs a service, or changes its state. */
    public void put(String unit, Unit standing) {
        units.put(unit, standing);
    }

    /** Installs a service that runs. */
    public void run(String service) {
        put(service, new Unit("loaded", "active", "enabled", "simple"));
    }

    /** Returns whether a unit runs. */
    public boolean isRunning(String unit) {
        return units.getOrDefault(unit, NOT_FOUND).isRunning();
    }

    /** Returns all jobs, as {@code stop x.service} and {@code start x.service}, oldest first. */
    public List<String> jobs() {
        return List.copyOf(jobs);
    }

    /** Makes jobs of a unit last until {@link SlowJob#end}. */
    public SlowJob slowDown(String unit) {
        SlowJob job = new SlowJob(unit);
        slow.put(unit, job);
        return job;
    }

    private DBusPath queue(String name, String during, String after) {
        String path = ROOT + "/job/" + jobs.size();
        SlowJob job = slow.get(name);
        if (job == null) {
            become(name, after);
        } else {
            become(name, during);
            job.queueAt(path);
        }
        return new DBusPath(path);
    }

    private void become(String name, String activeState) {
        units.computeIfPresent(
                name, (_, unit) -> new Unit(unit.loadState(), activeState, unit.unitFileState(), unit.type()));
    }

    @Override
    public void close() throws IOException {
        connection.disconnect();
        daemon.close();
    }

    /** The object of the service manager. Public because the library calls it. */
    public final class Manager implements SystemdManager {

        private final Runnable onReboot;

        private Manager(Runnable onReboot) {
            this.onReboot = onReboot;
        }

        @Override
        public DBusPath loadUnit(String name) {
            String path = paths.computeIfAbsent(name, _ -> export(name));
            return new DBusPath(path);
        }

        private String export(String name) {
            String path = ROOT + "/unit/u" + paths.size();
            try {
                connection.exportObject(path, new UnitProperties(name, path));
            } catch (DBusException e) {
                throw new DBusExecutionException("cannot export " + name, e);
            }
            return path;
        }

        @Override
        public DBusPath startUnit(String name, String mode) {
            jobs.add("start " + name);
            if (name.equals("reboot.target")) {
                onReboot.run();
            }
            return queue(name, "activating", "active");
        }

        @Override
        public DBusPath stopUnit(String name, String mode) {
            jobs.add("stop " + name);
            return queue(name, "deactivating", "inactive");
        }

        @Override
        public boolean isRemote() {
            return false;
        }

        @Override
        public String getObjectPath() {
            return ROOT;
        }
    }

    /** A job that takes its time, and its object. Public because the library calls it. */
    public final class SlowJob extends ReadableProperties {

        private final String unit;
        private final AtomicInteger looks = new AtomicInteger();
        private volatile String path = "";

        private SlowJob(String unit) {
            this.unit = unit;
        }

        private void queueAt(String where) {
            path = where;
            try {
                connection.exportObject(where, this);
            } catch (DBusException e) {
                throw new DBusExecutionException("cannot export the job of " + unit, e);
            }
        }

        /** Returns how often a client has checked whether it has ended. */
        public int looks() {
            return looks.get();
        }

        /** Ends it, leaving the unit in this state. */
        public void end(String activeState) {
            become(unit, activeState);
            connection.unExportObject(path);
        }

        @Override
        String read(String property) {
            looks.incrementAndGet();
            return "running";
        }

        @Override
        public String getObjectPath() {
            return path;
        }
    }

    /** The object of a unit. Public because the library calls it. */
    public final class UnitProperties extends ReadableProperties {

        private final String name;
        private final String path;

        private UnitProperties(String name, String path) {
            this.name = name;
            this.path = path;
        }

        @Override
        String read(String property) {
            Unit unit = units.getOrDefault(name, NOT_FOUND);
            return switch (property) {
                case "LoadState" -> unit.loadState();
                case "ActiveState" -> unit.activeState();
                case "UnitFileState" -> unit.unitFileState();
                case "Type" -> unit.type();
                default -> throw new DBusExecutionException("no property " + property);
            };
        }

        @Override
        public String getObjectPath() {
            return path;
        }
    }

    /** Properties that are strings and cannot be written. Public because the library calls it. */
    public abstract static class ReadableProperties implements Properties {

        abstract String read(String property);

        @Override
        // The library's signature; every requested property is a string.
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
        public <A> A Get(String interfaceName, String property) {
            return (A) read(property);
        }

        @Override
        public <A> void Set(String interfaceName, String property, A value) {
            throw new DBusExecutionException("property " + property + " cannot be written");
        }

        @Override
        public Map<String, Variant<?>> GetAll(String interfaceName) {
            return Map.of();
        }

        @Override
        public boolean isRemote() {
            return false;
        }
    }
}
