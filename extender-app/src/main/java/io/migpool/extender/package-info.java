/**
 * The scheduler extender as an application: its main class and the place where its parts are put together.
 * Nothing but the CDI container enters here.
 */
@NullMarked
package io.migpool.extender;

import org.jspecify.annotations.NullMarked;
