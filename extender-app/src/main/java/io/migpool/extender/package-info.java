/**
 * The scheduler extender as an application: {@code ExtenderMain} is the main class, {@code Extender} puts the parts together, starts
 * and stops them. Nothing but the CDI container enters here.
 */
@NullMarked
package io.migpool.extender;

import org.jspecify.annotations.NullMarked;
