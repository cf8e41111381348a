# Mensajes por correo electrónico, carta y teléfono. Palabras sencillas, primero el hecho.

notice-sender = Servicio de Información
notice-subject = Información que usted pidió
notice-may-repeat = Es posible que ya le hayamos avisado de esto.
notice-hello = Hola:

# Cuándo: $at y $day son "none" donde nadie lo dijo.
notice-when = { $at ->
    [none] No nos dijeron cuándo ocurrió.
   *[given] Ocurrió el { $when }.
}
notice-on = { $day ->
    [none] No nos dijeron la fecha.
   *[given] Será el { $scheduled }.
}
notice-now-on = { $day ->
    [none] No nos dijeron la nueva fecha.
   *[given] Ahora será el { $scheduled }.
}
notice-was-on = { $day ->
    [none] { "" }
   *[given] Habría sido el { $scheduled }.
}

notice-Booked-full = { $name } está ahora bajo custodia. El lugar es { $facility }. { notice-when }
notice-Booked-discreet = La persona por la que usted preguntó fue puesta bajo custodia. { notice-when }
notice-TransferInState-full = { $state ->
    [TransferredOut] { $name } ya no está en { $facility }: ahora está en otro centro. { $destination ->
        [none] No nos dijeron en cuál.
       *[other] El registro lo llama { $destination }.
    } Puede seguir bajo custodia allí. { notice-when }
   *[other] { $name } está ahora en { $facility }. Antes estaba en { $from_facility }. { notice-when }
}
notice-TransferInState-discreet = { $state ->
    [TransferredOut] La persona por la que usted preguntó fue llevada a otro centro. No podemos decir a cuál. Puede seguir bajo custodia allí. { notice-when }
   *[other] La persona por la que usted preguntó fue llevada a otro lugar del estado. Sigue bajo custodia. { notice-when }
}
notice-TransferOutOfState-full = { $name } pasó a manos de una agencia de fuera del estado. Antes estaba en { $facility }. { notice-when }
notice-TransferOutOfState-discreet = La persona por la que usted preguntó fue entregada a una agencia de fuera del estado. { notice-when }
notice-ClassificationChange-full = El nivel de seguridad de { $name } en { $facility } cambió de { $from } a { $to }. Sigue bajo custodia.
notice-ClassificationChange-discreet = El nivel de seguridad de la persona por la que usted preguntó cambió de { $from } a { $to }. Sigue bajo custodia.
notice-LeaveStart-full = { $reason ->
    [WorkRelease] { $name } puede salir de { $facility } a trabajar y tiene que volver. { notice-when }
    [HouseArrest] { $name } salió de { $facility } y está bajo arresto domiciliario. Vive en una casa, con vigilancia. { notice-when }
   *[other] { $name } salió de { $facility } con permiso y tiene que volver. { notice-when }
}
notice-LeaveStart-discreet = { $reason ->
    [WorkRelease] La persona por la que usted preguntó puede salir a trabajar y tiene que volver. { notice-when }
    [HouseArrest] La persona por la que usted preguntó está bajo arresto domiciliario. Vive en una casa, con vigilancia. { notice-when }
   *[other] La persona por la que usted preguntó salió con permiso y tiene que volver. { notice-when }
}
notice-LeaveEnd-full = { $name } volvió del permiso a { $facility }. { notice-when }
notice-LeaveEnd-discreet = La persona por la que usted preguntó volvió del permiso y está bajo custodia. { notice-when }
notice-Released-full = { $name } quedó en libertad y salió de { $facility }. { notice-when } { $reason ->
    [Bond] El motivo: se pagó una fianza.
    [OwnRecognizance] El motivo: prometió presentarse ante el juez.
    [ChargesDropped] El motivo: se retiraron los cargos.
    [TimeServed] El motivo: cumplió el tiempo.
    [Parole] El motivo: libertad condicional.
    [Probation] El motivo: libertad a prueba.
    [EarnedReleaseSupervision] El motivo: libertad anticipada, con supervisión.
    [CourtOrder] El motivo: una orden del juez.
    [Pardon] El motivo: un indulto.
    [ToOtherAgency] Pasó a manos de otra agencia y puede seguir bajo custodia allí.
    [Other] No tenemos palabras para el motivo.
   *[Unknown] No nos dijeron el motivo.
}
notice-Released-discreet = La persona por la que usted preguntó quedó en libertad. { notice-when } { $reason ->
    [ToOtherAgency] Fue entregada a otra agencia y puede seguir bajo custodia allí.
   *[Unknown] { "" }
}
notice-Discharged-full = { $name } quedó en libertad y salió de { $facility } porque terminó su condena. { notice-when }
notice-Discharged-discreet = La persona por la que usted preguntó quedó en libertad porque terminó su condena. { notice-when }
notice-Escaped-full = { $name } se escapó de { $facility }. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-Escaped-discreet = La persona por la que usted preguntó se escapó. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-EscapeSuspected-full = { $name } falta en { $facility } y puede haberse escapado. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-EscapeSuspected-discreet = La persona por la que usted preguntó falta y puede haberse escapado. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-Recaptured-full = { $before ->
    [EscapeSuspected] Faltaba { $name }, y ya se encontró a esta persona. Está bajo custodia en { $facility }. { notice-when }
   *[other] Se capturó a { $name }, que está otra vez bajo custodia. El lugar es { $facility }. { notice-when }
}
notice-Recaptured-discreet = { $before ->
    [EscapeSuspected] La persona por la que usted preguntó faltaba y ya se encontró. Está bajo custodia. { notice-when }
   *[other] La persona por la que usted preguntó fue capturada y está otra vez bajo custodia. { notice-when }
}
notice-ProtectiveOrderServed-full = La orden de protección que usted pidió se entregó a { $name }. { notice-when } { $place ->
    [none] { "" }
   *[other] La corte es { $place }.
}
notice-ProtectiveOrderServed-discreet = El papel de la corte que usted pidió se entregó. { notice-when }
notice-ProtectiveOrderAttempted-full = Alguien trató de entregar a { $name } la orden de protección que usted pidió. Todavía no está entregada. { notice-when }
notice-ProtectiveOrderAttempted-discreet = Alguien trató de entregar el papel de la corte que usted pidió. Todavía no está entregado. { notice-when }
notice-ProtectiveOrderExpiring-full = La orden de protección que usted pidió contra { $name } termina pronto. { notice-on } Para conservarla, pídalo a la corte antes de ese día.
notice-ProtectiveOrderExpiring-discreet = El papel de la corte que usted pidió termina pronto. { notice-on } Para conservarlo, pídalo a la corte antes de ese día.
notice-CourtEventSet-full = Se fijó una fecha en la corte para { $name }{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-on } { $place ->
    [none] { "" }
   *[other] El lugar es { $place }.
}
notice-CourtEventSet-discreet = Se fijó una fecha en la corte para la persona por la que usted preguntó. { notice-on }
notice-CourtEventChanged-full = Se cambió una fecha en la corte para { $name }{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-now-on } { $place ->
    [none] { "" }
   *[other] El lugar es { $place }.
}
notice-CourtEventChanged-discreet = Se cambió una fecha en la corte de la persona por la que usted preguntó. { notice-now-on }
notice-CourtEventCancelled-full = Se canceló una fecha en la corte para { $name }{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-was-on }
notice-CourtEventCancelled-discreet = Se canceló una fecha en la corte de la persona por la que usted preguntó. { notice-was-on }
notice-HearingSet-full = { $hearing ->
    [presumptive] { $name } va a salir en libertad condicional sin audiencia. { notice-on } Solo habrá audiencia si usted la pide antes de ese día. Para pedirla, llámenos.
   *[other] Se fijó una audiencia para { $name }{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-on } { $place ->
        [none] { "" }
       *[other] El lugar es { $place }.
    } Usted puede tener derecho a hablar allí.
}
notice-HearingSet-discreet = { $hearing ->
    [presumptive] La persona por la que usted preguntó va a salir en libertad condicional sin audiencia. { notice-on } Solo habrá audiencia si usted la pide antes de ese día. Para pedirla, llámenos.
   *[other] Se fijó una audiencia para la persona por la que usted preguntó. { notice-on } Usted puede tener derecho a hablar allí.
}
notice-HearingChanged-full = { $hearing ->
    [presumptive] { $name } va a salir en libertad condicional sin audiencia otro día. { notice-now-on } Solo habrá audiencia si usted la pide antes de ese día. Para pedirla, llámenos.
   *[other] Se cambió una audiencia para { $name }{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-now-on } { $place ->
        [none] { "" }
       *[other] El lugar es { $place }.
    }
}
notice-HearingChanged-discreet = { $hearing ->
    [presumptive] La persona por la que usted preguntó va a salir en libertad condicional sin audiencia otro día. { notice-now-on } Solo habrá audiencia si usted la pide antes de ese día. Para pedirla, llámenos.
   *[other] Se cambió una audiencia de la persona por la que usted preguntó. { notice-now-on }
}
notice-HearingCancelled-full = { $hearing ->
    [presumptive] Se canceló la libertad condicional sin audiencia de { $name }. { notice-was-on }
   *[other] Se canceló una audiencia para { $name }{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-was-on }
}
notice-HearingCancelled-discreet = { $hearing ->
    [presumptive] Se canceló la libertad condicional sin audiencia de la persona por la que usted preguntó. { notice-was-on }
   *[other] Se canceló una audiencia de la persona por la que usted preguntó. { notice-was-on }
}
notice-BoardDecision-full = La junta decidió sobre { $name }: { $decision }.
notice-BoardDecision-discreet = La junta decidió sobre la persona por la que usted preguntó.
notice-SupervisionChange-full = { $before ->
    [none] { $name } está ahora bajo supervisión{ $to ->
        [none] { "" }
       *[other] : { $to }
    }. { notice-when }
    [Absconded] No se encontraba a { $name } en su supervisión, y ya se le encontró. { $to ->
        [none] { "" }
       *[other] El estado ahora: { $to }.
    } { notice-when }
   *[other] La supervisión de { $name } cambió de { $from } a { $to }. { notice-when }
}
notice-SupervisionChange-discreet = { $before ->
    [none] La persona por la que usted preguntó está ahora bajo supervisión. { notice-when }
    [Absconded] No se encontraba en su supervisión a la persona por la que usted preguntó, y ya se le encontró. { notice-when }
   *[other] La supervisión de la persona por la que usted preguntó cambió. { notice-when }
}
notice-Absconded-full = { $name } está bajo supervisión y no se le encuentra. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-Absconded-discreet = La persona por la que usted preguntó está bajo supervisión y no se le encuentra. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-SupervisedAddressChange-full = { $name } vive bajo supervisión en otra dirección. { notice-when }
notice-SupervisedAddressChange-discreet = La persona por la que usted preguntó vive bajo supervisión en otra dirección. { notice-when }
notice-SexOffenderProfileUpdated-full = { $day ->
    [none] { $name } puso al día sus datos en el registro del estado. { notice-when }
   *[given] { $name } avisó al registro del estado que se va a mudar. La mudanza será el { $scheduled }.
}
notice-SexOffenderProfileUpdated-discreet = { $day ->
    [none] La persona por la que usted preguntó puso al día sus datos en el registro del estado. { notice-when }
   *[given] La persona por la que usted preguntó avisó al registro del estado que se va a mudar. La mudanza será el { $scheduled }.
}
notice-SexOffenderNoncompliant-full = { $name } no cumple lo que pide el registro del estado.
notice-SexOffenderNoncompliant-discreet = La persona por la que usted preguntó no cumple lo que pide el registro del estado.
notice-Died-full = { $name } murió bajo custodia. El lugar fue { $facility }. { notice-when }
notice-Died-discreet = La persona por la que usted preguntó murió bajo custodia. { notice-when }
notice-MistakenRelease-full = { $name } quedó en libertad por error y salió de { $facility }. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-MistakenRelease-discreet = La persona por la que usted preguntó quedó en libertad por error. { notice-when } Si usted está en peligro, llame ahora al 911.
notice-ReleaseScheduled-full = { $name } va a quedar en libertad y salir de { $facility }. { notice-on }
notice-ReleaseScheduled-discreet = La persona por la que usted preguntó va a quedar en libertad. { notice-on }
notice-ReleaseDateChanged-full = { $day ->
    [none] Se quitó el día en que { $name } iba a quedar en libertad y salir de { $facility }. Todavía no hay un nuevo día.
   *[given] Cambió el día en que { $name } va a quedar en libertad y salir de { $facility }. Ahora será el { $scheduled }.
}
notice-ReleaseDateChanged-discreet = { $day ->
    [none] Se quitó el día en que la persona por la que usted preguntó iba a quedar en libertad. Todavía no hay un nuevo día.
   *[given] Cambió el día en que la persona por la que usted preguntó va a quedar en libertad. Ahora será el { $scheduled }.
}
notice-Correction-full = Le dijimos algo sobre { $name } que no es así. Lo que dice ahora el registro: { $state ->
    [InCustody] está bajo custodia en { $facility }.
    [none] la última fecha o el último registro del que le avisamos se anotó por error.
   *[other] el motivo por el que quedó en libertad era otro. Está fuera de custodia.
}
notice-Correction-discreet = Le dijimos algo sobre la persona por la que usted preguntó que no es así. Lo que dice ahora el registro: { $state ->
    [InCustody] está bajo custodia.
    [none] la última fecha o el último registro del que le avisamos se anotó por error.
   *[other] el motivo por el que quedó en libertad era otro. Está fuera de custodia.
}

notice-FeedStale-full = No hemos sabido nada de { $facility } desde el { $when }. Hasta que sepamos algo, no podemos ver lo que cambia ahí ni avisarle. Esto no quiere decir que alguien haya quedado en libertad. { $phone ->
    [none] { "" }
   *[other] Para preguntar en el lugar mismo, llame al { $phone }.
} Le avisaremos cuando volvamos a saber de él.
notice-FeedStale-discreet = No hemos sabido nada de un lugar por el que usted preguntó desde el { $when }. Hasta que sepamos algo, no podemos ver lo que cambia ahí ni avisarle. Esto no quiere decir que alguien haya quedado en libertad. Le avisaremos cuando volvamos a saber de él.
notice-FeedRestored-full = Otra vez sabemos de { $facility }, desde el { $when }. De lo que cambió ahí antes le avisaremos en cuanto lo sepamos.
notice-FeedRestored-discreet = Otra vez sabemos del lugar por el que usted preguntó, desde el { $when }. De lo que cambió ahí antes le avisaremos en cuanto lo sepamos.
notice-canary = Esta es la prueba diaria de la línea de { $facility }. No se trata de una persona real, y nadie fue liberado:
notice-still-held-full = Pero según el registro de { $held } sigue bajo custodia allí.
notice-still-held-discreet = Pero según otro registro sigue bajo custodia.
notice-content-free = Hay noticias sobre algo que usted nos pidió vigilar. Para saberlas, visite { $site } o llame al { $phone }.
notice-late = { $hours ->
    [one] Esto fue hace una hora o más.
   *[other] Esto fue hace unas { $hours } horas.
}
notice-late-days = { $days ->
    [one] Esto fue hace un día o más.
   *[other] Esto fue hace unos { $days } días.
}
notice-learned-late = Lo supimos tarde.
notice-found-late = Puede haber ocurrido bastante antes de que lo supiéramos: durante un tiempo no pudimos ver los registros de allí.
notice-no-time = no indicada
notice-no-name = La persona por la que usted preguntó
notice-more = Para ver lo más reciente, cambiar cómo le avisamos o dejar de recibir avisos: visite { $site } o llame al { $phone }. Alguien contesta el teléfono de día y de noche.
notice-help = Sus derechos y ayuda: { $site }/es/help
notice-danger = Si usted está en peligro, llame al 911.

phone-again = Para oír esto otra vez, dígalo ahora.
phone-news = Hay noticias sobre algo que usted nos pidió vigilar. Para saberlas, oprima 0 y hable con una persona.
phone-code = Alguien nos pidió llamar a este número. Su código es { $code }. Sirve por { $days } días.
phone-code-not-you = Si usted no lo pidió, dígalo, y no llamamos más.
letter-code = Su código es { $code }. Sirve por { $days } días. Para recibir avisos por carta, llame al { $phone }. Diga el código y el número de esta carta.
letter-what = Qué pasó
letter-means = Qué significa
letter-do = Qué puede hacer usted
letter-whom = A quién llamar
letter-means-in = El registro dice que la persona está bajo custodia. Esto puede cambiar.
letter-means-out = El registro dice que la persona ya no está bajo custodia. Esto puede cambiar.
letter-means-unseen = Puede que algo haya cambiado ahí, o nada. Hasta que sepamos algo, pregunte en el lugar mismo.
letter-means-other = Esto es lo que decía el registro el día de esta carta. Puede cambiar.
letter-bars = Código de barras del correo
letter-continued = Sigue al dorso.
letter-seen = ¿Ya leyó esto? Díganoslo: vaya a { $page } y escriba { $code }.
mail-seen = ¿Ya leyó esto? Díganoslo aquí, para que no tengamos que buscarle de otras formas: { $page }
letter-number = Número de esta carta: { $number }

# Lo que cambió en la manera de avisarle, dicho por los otros medios. No nombra a nadie.
change-number = Cambió el número al que le llamamos.
change-way = Se agregó otra manera de avisarle.
change-way-gone = Se quitó una manera de avisarle.
change-pin = Cambió su PIN.
change-stop = Nos pidieron no enviarle más avisos.
change-stop-one = Nos pidieron no avisarle más de una de las cosas que usted nos pidió vigilar.
change-more = Se agregó algo a lo que usted nos pidió vigilar.
change-wrong-number = Alguien contestó nuestra llamada a usted y dijo que el número está mal. Seguimos llamando.
change-number-held = Alguien contestó nuestra llamada a usted y dijo que el número está mal. Ahora llamamos solo si urge.
change-care = Cambió a qué horas le podemos llamar, o qué dejamos en una contestadora.
change-never-called = Alguien contestó nuestra llamada con un código y no quiere más llamadas. Ya no llamamos a ese número.
change-mail-off = Se apagó el correo electrónico para usted con el enlace de uno de nuestros mensajes. Puede encenderlo otra vez en su página.
change-mail-on = Se encendió otra vez el correo electrónico para usted.
change-address = Cambió la dirección para nuestras cartas.
change-order = Cambió a cuál de sus números o direcciones avisamos primero.
change-language = Cambió el idioma en que le avisamos.
change-level = Cambió cuánto decimos en nuestros mensajes.
change-hours = Cambiaron las horas en las que no le molestamos.
change-voicemail = Cambió lo que podemos dejar en una contestadora.
change-code-word = Cambió la palabra que decimos cuando le llamamos.
change-when = Ocurrió el { $when }.
change-undo = Seguimos como antes hasta el { $until }. Para cambiar esto antes, use su página, o llámenos, oprima 4 y después oprima 8.
change-not-you = Si fue usted, no tiene que hacer nada. Si no fue usted, llame al { $phone } y oprima 0. Una persona le ayuda, de día y de noche.

code-subject = Su código
code-text = Su código es { $code }. Sirve por { $minutes } minutos.
code-not-you = Si usted no pidió un código, no haga nada. No se inscribió a nadie.
