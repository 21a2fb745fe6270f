package io.migpool.deviceplugin.host;

import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.annotations.DBusInterfaceName;
import org.freedesktop.dbus.annotations.DBusMemberName;
import org.freedesktop.dbus.interfaces.DBusInterface;

/**
 * The part of systemd's bus interface that is used ({@code org.freedesktop.systemd1(5)}). Public because the library
 * proxies it.
 */
@DBusInterfaceName("org.freedesktop.systemd1.Manager")
public interface SystemdManager extends DBusInterface {

    /** Returns the unit's object, which exists even for a unit without a file. */
    @DBusMemberName("LoadUnit")
    DBusPath loadUnit(String name);

    /** Queues a job and returns its object. */
    @DBusMemberName("StartUnit")
    DBusPath startUnit(String name, String mode);

    /** Queues a job and returns its object. */
    @DBusMemberName("StopUnit")
    DBusPath stopUnit(String name, String mode);
}
