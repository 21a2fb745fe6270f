package io.migpool.contracts;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.migpool.contracts", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    private static final String GENERATED = "io.migpool.contracts.kubelet..";

    @ArchTest
    static final ArchRule theVocabularyUsesOnlyJacksonTheKubernetesModelAndTheJdk = classes()
            .that()
            .resideOutsideOfPackage(GENERATED)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.migpool.contracts.mig..",
                    "io.migpool.contracts.policy..",
                    "io.migpool.contracts.request..",
                    "io.migpool.contracts.wire..",
                    "io.migpool.contracts.extender..",
                    "com.fasterxml.jackson..",
                    "io.fabric8.kubernetes.api.model..",
                    "org.jspecify.annotations..",
                    "java.lang..",
                    "java.math..",
                    "java.time..",
                    "java.util..")
            .because("it is pure: every app depends on it, so whatever it drags in everybody has");

    @ArchTest
    static final ArchRule generatedStubsUseOnlyGrpcAndProtobuf = classes()
            .that()
            .resideInAPackage(GENERATED)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    GENERATED, "com.google.protobuf..", "com.google.common.util.concurrent..", "io.grpc..", "java..");

    @ArchTest
    static final ArchRule theVocabularyDoesNoInputOrOutput = noClasses()
            .that()
            .resideOutsideOfPackage(GENERATED)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.io..", "java.nio..", "java.net..", "java.util.concurrent..", "java.util.logging..")
            .because("values have no side effects and wait for nothing");

    @ArchTest
    static final ArchRule packagesDoNotDependOnEachOtherInCircles =
            slices().matching("io.migpool.contracts.(*)..").should().beFreeOfCycles();
}
