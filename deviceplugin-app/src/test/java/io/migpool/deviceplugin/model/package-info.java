/**
 * A node of which everything is known, whose agent lives through long random histories on one thread and a clock of its
 * own. Nobody enters.
 */
@NullMarked
package io.migpool.deviceplugin.model;

import org.jspecify.annotations.NullMarked;
