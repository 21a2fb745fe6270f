package io.migpool.admission;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.migpool.admission", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule OF_OURS_ONLY_CONTRACTS_AND_CONFIG_ARE_USED = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.migpool.extender..", "io.migpool.deviceplugin..", "io.migpool.testbed..")
            .because("the applications never depend on each other");

    @ArchTest
    static final ArchRule THE_REVIEW_IS_PLAIN_JAVA = classes()
            .that()
            .resideInAPackage("io.migpool.admission.review")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "com.fasterxml.jackson..",
                    "io.fabric8.kubernetes.api.model..",
                    "io.migpool.admission.review",
                    "io.migpool.contracts..",
                    "org.jspecify..")
            .because("every decision can be tested without a container, a server or a cluster");

    @ArchTest
    static final ArchRule THE_CERTIFICATE_KNOWS_NOTHING_OF_REVIEWS = noClasses()
            .that()
            .resideInAPackage("io.migpool.admission.tls")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.migpool.admission",
                    "io.migpool.admission.review",
                    "io.migpool.admission.api",
                    "io.migpool.admission.observe",
                    "io.migpool.config..")
            .because("the root package composes the two");
}
