# Lo que una persona decidió corregir: cada suceso con sus propias palabras, y lo que dice ahora el registro.
# $name, $facility: como en el aviso equivocado; $held: dónde dice ahora el registro que está bajo custodia.

correction-Booked-full = Le dijimos que { $name } está bajo custodia en { $facility }. Eso no es así, y lo sentimos.
correction-Booked-discreet = Le dijimos que la persona por la que usted preguntó fue puesta bajo custodia. Eso no es así, y lo sentimos.
correction-TransferInState-full = { $state ->
    [TransferredOut] Le dijimos que { $name } pasó de { $facility } a otro centro. Eso no es así, y lo sentimos.
   *[other] Le dijimos que { $name } pasó a { $facility }. Eso no es así, y lo sentimos.
}
correction-TransferInState-discreet = { $state ->
    [TransferredOut] Le dijimos que la persona por la que usted preguntó fue llevada a otro centro. Eso no es así, y lo sentimos.
   *[other] Le dijimos que la persona por la que usted preguntó fue trasladada a otro lugar del estado. Eso no es así, y lo sentimos.
}
correction-TransferOutOfState-full = Le dijimos que { $name } pasó a manos de una agencia fuera del estado. Eso no es así, y lo sentimos.
correction-TransferOutOfState-discreet = Le dijimos que la persona por la que usted preguntó fue entregada a una agencia fuera del estado. Eso no es así, y lo sentimos.
correction-ClassificationChange-full = Le dijimos que { $name } tiene otro nivel de seguridad. Eso no es así, y lo sentimos.
correction-ClassificationChange-discreet = Le dijimos que la persona por la que usted preguntó tiene otro nivel de seguridad. Eso no es así, y lo sentimos.
correction-LeaveStart-full = Le dijimos que { $name } salió de { $facility } con permiso. Eso no es así, y lo sentimos.
correction-LeaveStart-discreet = Le dijimos que la persona por la que usted preguntó salió con permiso. Eso no es así, y lo sentimos.
correction-LeaveEnd-full = Le dijimos que { $name } volvió a { $facility } de su permiso. Eso no es así, y lo sentimos.
correction-LeaveEnd-discreet = Le dijimos que la persona por la que usted preguntó volvió de su permiso. Eso no es así, y lo sentimos.
correction-Released-full = Le dijimos que { $name } salió en libertad de { $facility }. Eso no es así, y lo sentimos.
correction-Released-discreet = Le dijimos que la persona por la que usted preguntó fue puesta en libertad. Eso no es así, y lo sentimos.
correction-Discharged-full = Le dijimos que { $name } salió en libertad de { $facility } porque terminó la condena. Eso no es así, y lo sentimos.
correction-Discharged-discreet = Le dijimos que la persona por la que usted preguntó fue puesta en libertad porque terminó la condena. Eso no es así, y lo sentimos.
correction-Escaped-full = Le dijimos que { $name } se escapó de { $facility }. Eso no es así, y lo sentimos.
correction-Escaped-discreet = Le dijimos que la persona por la que usted preguntó se escapó. Eso no es así, y lo sentimos.
correction-EscapeSuspected-full = Le dijimos que { $name } no está en { $facility } y puede haberse escapado. Eso no es así, y lo sentimos.
correction-EscapeSuspected-discreet = Le dijimos que la persona por la que usted preguntó no está en su lugar y puede haberse escapado. Eso no es así, y lo sentimos.
correction-Recaptured-full = Le dijimos que { $name } volvió a estar bajo custodia. Eso no es así, y lo sentimos.
correction-Recaptured-discreet = Le dijimos que la persona por la que usted preguntó fue capturada y está otra vez bajo custodia. Eso no es así, y lo sentimos.
correction-CourtEventSet-full = Le dijimos que { $name } tiene una fecha en la corte. Eso no es así, y lo sentimos.
correction-CourtEventSet-discreet = Le dijimos que la persona por la que usted preguntó tiene una fecha en la corte. Eso no es así, y lo sentimos.
correction-CourtEventChanged-full = Le dijimos que { $name } tiene otra fecha en la corte. Eso no es así, y lo sentimos.
correction-CourtEventChanged-discreet = Le dijimos que la persona por la que usted preguntó tiene otra fecha en la corte. Eso no es así, y lo sentimos.
correction-CourtEventCancelled-full = Le dijimos que { $name } ya no tiene fecha en la corte. Eso no es así, y lo sentimos.
correction-CourtEventCancelled-discreet = Le dijimos que la persona por la que usted preguntó ya no tiene fecha en la corte. Eso no es así, y lo sentimos.
correction-HearingSet-full = Le dijimos que { $name } tiene una audiencia. Eso no es así, y lo sentimos.
correction-HearingSet-discreet = Le dijimos que la persona por la que usted preguntó tiene una audiencia. Eso no es así, y lo sentimos.
correction-HearingChanged-full = Le dijimos que { $name } tiene una audiencia a otra hora. Eso no es así, y lo sentimos.
correction-HearingChanged-discreet = Le dijimos que la persona por la que usted preguntó tiene una audiencia a otra hora. Eso no es así, y lo sentimos.
correction-HearingCancelled-full = Le dijimos que { $name } ya no tiene audiencia. Eso no es así, y lo sentimos.
correction-HearingCancelled-discreet = Le dijimos que la persona por la que usted preguntó ya no tiene audiencia. Eso no es así, y lo sentimos.
correction-BoardDecision-full = Le dijimos que { $name } recibió una decisión de la junta. Eso no es así, y lo sentimos.
correction-BoardDecision-discreet = Le dijimos que la persona por la que usted preguntó recibió una decisión de la junta. Eso no es así, y lo sentimos.
correction-SupervisionChange-full = Le dijimos que { $name } tiene otro tipo de supervisión. Eso no es así, y lo sentimos.
correction-SupervisionChange-discreet = Le dijimos que la persona por la que usted preguntó tiene otro tipo de supervisión. Eso no es así, y lo sentimos.
correction-Absconded-full = Le dijimos que { $name } está bajo supervisión y no se le encuentra. Eso no es así, y lo sentimos.
correction-Absconded-discreet = Le dijimos que la persona por la que usted preguntó está bajo supervisión y no se le encuentra. Eso no es así, y lo sentimos.
correction-SupervisedAddressChange-full = Le dijimos que { $name } vive en otra dirección bajo supervisión. Eso no es así, y lo sentimos.
correction-SupervisedAddressChange-discreet = Le dijimos que la persona por la que usted preguntó vive en otra dirección bajo supervisión. Eso no es así, y lo sentimos.
correction-SexOffenderProfileUpdated-full = Le dijimos que { $name } actualizó el registro estatal. Eso no es así, y lo sentimos.
correction-SexOffenderProfileUpdated-discreet = Le dijimos que la persona por la que usted preguntó actualizó el registro estatal. Eso no es así, y lo sentimos.
correction-SexOffenderNoncompliant-full = Le dijimos que { $name } no cumple con lo que pide el registro estatal. Eso no es así, y lo sentimos.
correction-SexOffenderNoncompliant-discreet = Le dijimos que la persona por la que usted preguntó no cumple con lo que pide el registro estatal. Eso no es así, y lo sentimos.
correction-Died-full = Le dijimos que { $name } murió bajo custodia. Eso no es así, y lo sentimos.
correction-Died-discreet = Le dijimos que la persona por la que usted preguntó murió bajo custodia. Eso no es así, y lo sentimos.
correction-MistakenRelease-full = Le dijimos que { $name } salió en libertad de { $facility } por error. Eso no es así, y lo sentimos.
correction-MistakenRelease-discreet = Le dijimos que la persona por la que usted preguntó fue puesta en libertad por error. Eso no es así, y lo sentimos.
correction-ReleaseScheduled-full = Le dijimos que { $name } va a salir en libertad de { $facility }. Eso no es así, y lo sentimos.
correction-ReleaseScheduled-discreet = Le dijimos que la persona por la que usted preguntó va a salir en libertad. Eso no es así, y lo sentimos.
correction-ReleaseDateChanged-full = Le dijimos que { $name } va a salir en libertad de { $facility } otro día. Eso no es así, y lo sentimos.
correction-ReleaseDateChanged-discreet = Le dijimos que la persona por la que usted preguntó va a salir en libertad otro día. Eso no es así, y lo sentimos.
correction-ProtectiveOrderServed-full = Le dijimos que la orden de protección que usted pidió se entregó a { $name }. No es así, y lo sentimos. Si usted está en peligro, llame al 911.
correction-ProtectiveOrderServed-discreet = Le dijimos que el papel de la corte que usted pidió se entregó. No es así, y lo sentimos.
correction-ProtectiveOrderAttempted-full = Le dijimos que alguien trató de entregar a { $name } la orden de protección que usted pidió. No es así, y lo sentimos.
correction-ProtectiveOrderAttempted-discreet = Le dijimos que alguien trató de entregar el papel de la corte que usted pidió. No es así, y lo sentimos.
correction-ProtectiveOrderExpiring-full = Le dijimos que la orden de protección que usted pidió contra { $name } termina pronto. No es así, y lo sentimos.
correction-ProtectiveOrderExpiring-discreet = Le dijimos que el papel de la corte que usted pidió termina pronto. No es así, y lo sentimos.
correction-FeedStale-full = Le dijimos que no sabíamos nada de { $facility }. No era así. Sí sabemos de él.
correction-FeedStale-discreet = Le dijimos que no sabíamos nada de un lugar por el que usted preguntó. No era así. Sí sabemos de él.
correction-FeedRestored-full = Le dijimos que otra vez sabíamos de { $facility }. No era así. No sabemos nada.
correction-FeedRestored-discreet = Le dijimos que otra vez sabíamos de un lugar por el que usted preguntó. No era así. No sabemos nada.
correction-Correction-full = Le dijimos que algo sobre { $name } no era así. Eso fue un error, y lo sentimos.
correction-Correction-discreet = Le dijimos que algo sobre la persona por la que usted preguntó no era así. Eso fue un error, y lo sentimos.

correction-now-full = El registro dice ahora que la persona está bajo custodia en { $held }.
correction-now-discreet = El registro dice ahora que la persona está bajo custodia.
