/**
 * The scheduler extender as an application: {@code ExtenderMain} is the main class, {@code Extender} assembles the parts,
 * starts and stops them. Only the CDI container uses this package.
 */
@NullMarked
package io.migpool.extender;

import org.jspecify.annotations.NullMarked;
