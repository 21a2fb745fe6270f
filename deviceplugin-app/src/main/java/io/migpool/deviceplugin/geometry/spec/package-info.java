/**
 * The format of mig-parted configurations, read and written.
 */
@NullMarked
package io.migpool.deviceplugin.geometry.spec;

import org.jspecify.annotations.NullMarked;
