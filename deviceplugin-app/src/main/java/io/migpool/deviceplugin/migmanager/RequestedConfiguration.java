package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.util.List;

/** The meaning of a value of the label. */
sealed interface RequestedConfiguration {

    System.Logger LOG = System.getLogger(RequestedConfiguration.class.getName());

    /** A configuration. */
    record Known(List<MigSpecEntry> entries) implements RequestedConfiguration {}

    /** No configuration. */
    record Nothing(String problem) implements RequestedConfiguration {}

    /** The configuration could not be read. */
    record Unread(String why) implements RequestedConfiguration {}

    /** Looks up what a value means now. */
    static RequestedConfiguration of(String value, ConfigurationSource configurations) {
        try {
            return new Known(configurations.named(value));
        } catch (MigSpecException | GpuException e) {
            return new Nothing(String.valueOf(e.getMessage()));
        } catch (UnreachableException e) {
            return new Unread(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            return new Nothing(unforeseen(e));
        }
    }

    /** Logs an unexpected fault; returns the message for people. */
    static String unforeseen(Throwable fault) {
        LOG.log(Level.ERROR, "a step towards a layout failed unexpectedly", fault);
        return "unexpected failure, see the node agent's log: " + fault;
    }
}
