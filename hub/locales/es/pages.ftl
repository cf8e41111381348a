# Las páginas públicas. Palabras sencillas y frases cortas; nada en un título que delate.

site-title = Información
site-skip = Ir al contenido
site-leave = Salir ya de este sitio
site-leave-hint = O pulse Mayús tres veces.
site-danger = Si usted está en peligro, llame al 911.
site-safety = Alguien puede ver qué sitios visita usted. Nada borra todas las huellas.
site-phone = Ayuda por teléfono, de día y de noche: { $phone }
site-home = Buscar a alguien
site-manage = Cambiar o parar mis avisos
site-help = Sus derechos y ayuda
site-banner = Un servicio del Estado de Mississippi
site-footer = Departamento Correccional de Mississippi, División de Servicios a Víctimas. Gratis. No usamos cookies ni rastreadores.

home-heading = Averigüe dónde está alguien
home-lead = Busque a una persona que está o estuvo en una cárcel o prisión de Mississippi, o en el registro del estado.
home-label = Nombre o número
home-hint = Nombre y apellido en cualquier orden, o el número de MDOC de la persona.
home-button = Buscar
home-notices-heading = Reciba un aviso cuando algo cambie
home-notices-text = Primero busque a la persona. Luego elija recibir avisos. Es gratis, y a la persona no se le dice que usted preguntó.
home-by-number = Avisos por el número de una orden de protección o de un caso

results-heading = { $count ->
    [0] No encontramos a nadie
    [one] Encontramos a una persona
   *[other] Encontramos a { $count } personas
}
results-many = Hay más. Agregue un nombre o un número.
results-none = Puede ser porque el nombre se escribe de otra manera, porque la persona salió o nunca estuvo aquí, porque el registro está sellado o porque la cárcel aún no lo envió. Pruebe solo con el apellido o llame al { $phone }.
results-empty = Escriba un nombre o un número.

person-heading = { $name }
person-unnamed = Una persona sin nombre en el registro
person-numbers = Número de MDOC: { $number }
person-other-names = Otros nombres: { $names }
person-now = Dónde está la persona
person-nothing = No tenemos ningún estado que podamos mostrar. Llame al { $phone }.
person-past = Lo último que se informó
person-coming = Lo que viene
person-register = Avísenme cuando algo cambie
person-back = Buscar a otra persona
person-not-found = No mostramos esta página. La persona no está en nuestros registros o el registro está sellado.

state-InCustody = Bajo custodia en { $facility }
state-OnLeave = Con permiso fuera de { $facility }, y se espera que vuelva
state-OutOfCustody = Fuera de custodia. Estuvo en { $facility }. { $reason ->
    [Bond] Motivo: fianza.
    [OwnRecognizance] Motivo: prometió presentarse ante el juez.
    [ChargesDropped] Motivo: se retiraron los cargos.
    [TimeServed] Motivo: tiempo cumplido.
    [Parole] Motivo: libertad condicional.
    [Probation] Motivo: libertad a prueba.
    [EarnedReleaseSupervision] Motivo: libertad anticipada, con supervisión.
    [CourtOrder] Motivo: orden del juez.
    [Pardon] Motivo: indulto.
    [ToOtherAgency] Pasó a manos de otra agencia y quizá sigue bajo custodia allí.
    [SentenceExpired] Motivo: terminó la condena.
    [Mistaken] Motivo: salió por error.
    [Other] Motivo: otro.
   *[Unknown] Motivo: no nos lo dieron.
}
state-Escaped = Se escapó de { $facility }. Si usted está en peligro, llame al 911.
state-Deceased = Murió bajo custodia. Estuvo en { $facility }.
state-EscapeSuspected = Falta en { $facility } y puede haberse escapado. Si usted está en peligro, llame al 911.
state-TransferredOut = Pasó a otro centro. No sabemos a cuál. Estuvo en { $facility }.
state-TransferredOutOfState = Pasó a manos de una agencia de fuera del estado. Estuvo en { $facility }.
state-NoLongerListed = Ya no está en la lista de { $facility }. Eso no quiere decir que quedó en libertad. Solo { $facility } lo puede decir.
state-Unknown = No se sabe. Las palabras del registro de { $facility } no lo dicen.

state-supervised = Bajo supervisión{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}{ $status ->
    [none] { "" }
   *[other] , { $status }
}
state-absconded = Bajo supervisión y no se le encuentra. Si usted está en peligro, llame al 911.
state-registered = En el registro estatal de delincuentes sexuales, y cumple lo que pide
state-noncompliant = En el registro estatal de delincuentes sexuales, y no cumple lo que pide
state-registered-unknown = En el registro estatal de delincuentes sexuales
profile-updated = Datos puestos al día: { $when }

as-of = Al { $when }
as-of-unknown = No sabemos hasta cuándo es así.
since = Desde el { $when }
sure-transaction = Qué tan seguro: { $facility } informó exactamente esto.
sure-status = Qué tan seguro: lo dice el registro de { $facility }.
sure-listing = Qué tan seguro: la persona está en la lista de { $facility }.
sure-absence = Qué tan seguro: solo que la lista ya no tiene a la persona.
heard-just-now = Supimos de este lugar hace menos de un minuto.
heard-minutes = { $minutes ->
    [one] Supimos de este lugar hace un minuto.
   *[other] Supimos de este lugar hace { $minutes } minutos.
}
heard-stale = No sabemos nada de este lugar desde el { $when }. Las cosas pueden haber cambiado. Llame al { $phone }.
heard-never = Todavía no sabemos nada de este lugar. Llame al { $phone }.
held = Una persona está revisando los cambios de este lugar. Llame al { $phone }.
list-old = Pero hace mucho más de lo usual que no confirma su lista. Llame al { $phone }.
results-doubtful = No tenemos noticias recientes de este lugar. Las cosas pueden haber cambiado. Llame al { $phone }.
not-readable = Los registros de este lugar no se pueden leer en este momento. Llame al { $phone }.
classification = Nivel de seguridad: { $classification }

coming-hearing = { $kind }: { $when }
coming-court = { $kind }, { $place }: { $when }
coming-unnamed = Fecha

event-line = { $what }: { $when }
event-Booked = Quedó bajo custodia
event-TransferInState = Pasó a otro lugar
event-TransferOutOfState = Pasó a manos de una agencia de fuera del estado
event-ClassificationChange = Cambió el nivel de seguridad
event-LeaveStart = Salió con permiso
event-LeaveEnd = Volvió del permiso
event-Released = Salió
event-Discharged = Salió: terminó la condena
event-Escaped = Se escapó
event-EscapeSuspected = Falta, quizá se escapó
event-Recaptured = Otra vez bajo custodia después de una fuga
event-ProtectiveOrderServed = Orden de protección entregada
event-ProtectiveOrderAttempted = Se intentó entregar una orden de protección
event-ProtectiveOrderExpiring = Orden de protección por terminar
event-CourtEventSet = Se fijó una fecha en la corte
event-CourtEventChanged = Se cambió una fecha en la corte
event-CourtEventCancelled = Se canceló una fecha en la corte
event-HearingSet = Audiencia fijada
event-HearingChanged = Audiencia cambiada
event-HearingCancelled = Audiencia cancelada
event-BoardDecision = Decisión de la junta
event-SupervisionChange = Cambió la supervisión
event-Absconded = Bajo supervisión y no se le encuentra
event-SupervisedAddressChange = Cambió la dirección bajo supervisión
event-SexOffenderProfileUpdated = Datos del registro puestos al día
event-SexOffenderNoncompliant = No cumple lo que pide el registro
event-Died = Murió
event-MistakenRelease = Salió por error
event-ReleaseScheduled = Salida prevista
event-ReleaseDateChanged = Cambió la salida prevista
event-NoLongerListed = Ya no está en la lista
event-FeedStale = Sin noticias del lugar
event-FeedRestored = Otra vez hay noticias del lugar
event-Correction = Corrección
event-IdentityMerged = Registros unidos
event-IdentitySplit = Registros separados

register-heading = Avísenme cuando algo cambie
register-about = Sobre: { $name }
register-by-number = Si un tribunal le dio una orden de protección, o si usted sigue un caso, podemos avisarle por su número.
register-safe-text = Piense en quién puede leer su correo o contestar su teléfono. Usted elige cuánto dice un mensaje.
register-ways = ¿Cómo le avisamos?
register-ways-text = Llene una forma o más. Deje vacío lo que no quiera.
register-words = Qué dice un mensaje
reach-email = Correo electrónico
reach-email-hint = Primero le enviamos un código. Use una dirección que solo usted pueda leer.
reach-email-label = Su dirección de correo electrónico
reach-email-field-hint = { "" }
reach-telephone = Teléfono
reach-telephone-hint = Primero le llamamos para decirle un código. Piense en quién puede contestar.
reach-telephone-label = Su número de teléfono
reach-telephone-field-hint = Diez cifras, como 601 555 0123
reach-letter = Carta
reach-letter-hint = Primero le escribimos con un código. Un apartado postal o una dirección sustituta vale igual.
reach-name-label = Nombre en el sobre
reach-name-field-hint = Puede dejarlo vacío.
reach-street-label = Calle y número, o apartado postal
reach-street-field-hint = { "" }
reach-unit-label = Apartamento
reach-unit-field-hint = Puede dejarlo vacío.
reach-city-label = Ciudad
reach-city-field-hint = { "" }
reach-state-label = Estado
reach-state-field-hint = Dos letras
reach-zip-label = Código postal
reach-zip-field-hint = { "" }
register-level = ¿Cuánto puede decir un mensaje?
level-discreet = Lo que pasó, sin ningún nombre
level-discreet-hint = «La persona por la que usted preguntó quedó en libertad.»
level-full = Lo que pasó, con el nombre
level-full-hint = «Avery Sample quedó en libertad y salió de Sample County Jail.»
level-content-free = Solo que hay noticias
level-content-free-hint = «Hay noticias sobre algo que usted nos pidió vigilar.»
register-language = Idioma de los mensajes
register-button = Envíenme el código
register-phone = Una persona puede inscribirle por teléfono: llame al { $phone }.
register-care = Horas de silencio, contestadora y palabra clave
register-follow = Una orden de protección o un caso en el tribunal
follow-text = El número y el tribunal están en los papeles. Deje vacío lo que no tenga.
follow-order = Una orden de protección que usted pidió
follow-order-hint = Le avisamos cuando se entrega, cuando eso falla y antes de que termine. No se lo decimos a nadie más.
follow-case = Un caso en el tribunal
follow-case-hint = Le avisamos de sus fechas en el tribunal.
reach-order-number-label = Número de la orden
reach-order-number-field-hint = { "" }
reach-order-court-label = Tribunal de la orden
reach-order-court-field-hint = Como en los papeles, por ejemplo County Court of Hinds County
reach-case-number-label = Número del caso
reach-case-number-field-hint = { "" }
reach-case-court-label = Tribunal del caso
reach-case-court-field-hint = { "" }

code-heading = Escriba el código
code-lead = Si la dirección es correcta, un mensaje con un código va en camino. Puede tardar unos minutos.
code-lead-telephone = Llamamos al número que usted dio y decimos un código. Puede tardar un día. Deje esta página abierta o díganos el código: llame al { $phone }.
code-label = Código
code-hint = Seis cifras
code-pin-label = PIN, si tiene uno
code-pin-hint = Déjelo vacío si no tiene.
code-button = Seguir
code-again = ¿No llegó el código? Revise cómo escribió su dirección y empiece otra vez. Una dirección recibe como mucho tres códigos por hora.

done-registered-heading = Su inscripción está hecha
done-registered-text = Desde ahora le avisamos cuando algo cambie. Si dio otra forma de avisarle, allí también llega un código. Para cambiarlo o pararlo, use el enlace de arriba.
done-letter-heading = Una carta va en camino
done-letter-text = Puede tardar una semana. Cuando la tenga, llame al { $phone } y diga el código que trae. Desde entonces le avisamos cuando algo cambie.

manage-heading = Cambiar o parar mis avisos
manage-lead = Escriba la dirección de correo donde le avisamos. Le enviamos un código. Si no tiene una con nosotros, llame al número al final de esta página.
manage-button = Envíenme el código
view-heading = Sus avisos
view-ending-heading = Algo va a parar
view-ending-all = Nos pidieron parar todo. Hasta el { $until } le avisamos como antes. Después borramos dónde le avisamos y lo que usted pidió.
view-ending-some = Abajo dice qué para, y cuándo. Hasta entonces le avisamos como antes.
view-ending-not-you = Si no fue usted, consérvelo y llame al { $phone }.
view-ending-button = Conservar todo como estaba
view-ends = Nos pidieron parar esto. Hasta el { $until } le avisamos como antes.
view-contacts-heading = Dónde le avisamos
view-email = Por correo electrónico a { $address }
view-telephone = Por teléfono al { $address }
view-letter = Por carta a { $address }
view-unproved = Todavía no le avisamos allí: antes necesitamos el código que llega a ese lugar. ¿No llegó el código? Llame al { $phone }.
view-going = Usted quitó esto, o puso otro en su lugar. Hasta el { $until } lo usamos todavía.
view-came-back = El correo devolvió una carta de allí. Ya no escribimos allí. Denos una dirección abajo, o llame al { $phone }.
view-prove = Tomar este código
view-prefer = Prueben primero aquí
view-prefer-of = Prueben primero aquí: { $line }
view-unreach = Ya no me avisen allí
view-unreach-of = Ya no me avisen allí: { $line }
view-silenced = Se apagó con el enlace de uno de nuestros mensajes. Allí no le avisamos nada.
view-resume = Encenderlo otra vez
view-resume-of = Encenderlo otra vez: { $line }
view-reach-heading = Avísenme de otra forma más
view-reach-text = Llene lo que quiera. Puede tener tres números de teléfono y dos direcciones de correo electrónico. Los probamos uno tras otro. Una nueva dirección para cartas toma el lugar de la anterior después de tres días. Usamos cada uno cuando usted nos dé el código que llegó allí.
view-reach-button = Envíenme el código
view-about-heading = Personas por las que preguntó
view-about-none = Ahora no recibe avisos sobre nadie.
view-follow-heading = Sus órdenes de protección y casos
view-follow-none = No conocemos ninguno.
view-follow-button = Avísenme de esto
view-order = la orden con el número { $number }
view-case = el caso con el número { $number }
view-drop = Parar para { $label }
view-change-heading = Cómo le avisamos
view-change-button = Guardar
view-saved = Guardado.
care-heading = Cuándo y cómo le avisamos
care-quiet = En estas horas no le llamamos ni le enviamos correo electrónico.
care-from = Silencio desde
care-until = Silencio hasta
care-no-hour = Sin horas de silencio
care-excepted = ¿De qué podemos avisarle aun en esas horas?
care-excepted-escapes = De una fuga
care-excepted-releases = De una fuga o de que alguien sale
care-excepted-nothing = De nada
care-voicemail = ¿Qué podemos dejar en una contestadora?
care-voicemail-never = Nada
care-voicemail-neutral = Que llamamos, y nuestro número
care-word = Una palabra que decimos cuando le llamamos
care-word-hint = Así sabe que somos nosotros. Déjelo vacío si no quiere. No use un nombre.
care-button = Guardar
pin-heading = Su PIN para llamadas
pin-there = Usted tiene un PIN. Para cambiarlo, escriba uno nuevo.
pin-none = Usted no tiene PIN. Lo pedimos cuando llamamos, para que nadie más oiga la noticia.
pin-label = PIN nuevo
pin-hint = De 4 a 6 números. No use uno que otros adivinen, como una fecha de nacimiento.
pin-button = Guardar mi PIN
second-pin-heading = Un segundo PIN, para cuando no está a solas
second-pin-text = Escríbalo cuando alguien le obligue a dar su PIN, en una llamada o aquí. Entonces decimos que no hay nada nuevo, nada cambia, y una persona nuestra se entera. Desde que lo tenga, pedimos un PIN junto al código también en esta página.
second-pin-change = Esta página nunca muestra si usted tiene uno: alguien puede mirar. Para ponerlo o cambiarlo, escriba uno nuevo. Para no tenerlo, déjelo vacío y guarde.
second-pin-label = Segundo PIN
second-pin-hint = De 4 a 6 números que no sean su PIN
second-pin-button = Guardar mi segundo PIN
error-pin-other = Elija otro PIN. Este no se puede usar.
error-quiet = Elija dos horas distintas, o ninguna.
error-code-word = Escriba una palabra de hasta 24 letras y números.
error-pin = Escriba de 4 a 6 números, no todos iguales ni seguidos como 1234.
error-stop-pin = Ese PIN no es correcto.
error-stop-often = Demasiados PIN incorrectos. Pruebe otra vez en una hora, o llame al { $phone } y oprima 0.
view-stop-heading = Parar todo
view-stop-text = Seguimos tres días más, y lo decimos en todas partes donde le avisamos. Después borramos dónde le avisamos y lo que usted pidió. Hasta entonces puede cambiarlo en esta página.
view-stop-button = Parar todos los avisos
stop-pin-heading = Su PIN, por favor
stop-pin-text = Escriba el PIN que usted oprime en nuestras llamadas. Así nadie más puede pararlo.
stop-pin-label = PIN
stop-pin-button = Parar este
stop-pin-forgot = ¿Lo olvidó? Regrese y guarde uno nuevo, o llame al { $phone } y oprima 0.
stop-pin-back = Regresar sin parar nada
view-over = Por su seguridad esta página funciona 15 minutos después de su último clic.

mail-stop-heading = ¿Apagar el correo electrónico?
mail-stop-text = Ya no enviaremos mensajes a su correo electrónico. Lo que usted pidió sigue. Todavía le avisamos de las otras formas que nos dio.
mail-stop-other = ¿No hay otra forma? Entonces quizá no podamos avisarle. Denos otra primero o llame al { $phone }.
mail-stop-button = Apagar el correo
mail-off-heading = El correo está apagado
mail-off-text = Ya no enviamos mensajes a su correo electrónico. Lo que usted pidió sigue. Para darnos otra forma o encenderlo otra vez, use el enlace de arriba o llame al { $phone }.
seen-heading = ¿Ya leyó nuestro mensaje?
seen-text = Presione el botón para decírnoslo. Así no tenemos que buscarle de otras formas.
seen-button = Ya lo leí
seen-done-heading = Gracias
seen-done-text = Ahora sabemos que nuestro mensaje le llegó. Si necesita ayuda, llame al { $phone }.
seen-code = El código de la carta
seen-code-hint = 12 letras y números.
seen-wrong-heading = Este código no funciona
seen-wrong-text = No se cambió nada. Mire el código e intente otra vez, o llame al { $phone }.
mail-wrong-heading = Este enlace no funciona
mail-wrong-text = No se cambió nada. Para cambiar cómo le avisamos, use el enlace de arriba o llame al { $phone }.

help-heading = Sus derechos y ayuda
help-lead = Usted no tiene que hacer esto sin ayuda. Llame al { $phone }, de día y de noche. Es gratis.
help-arrest-heading = Después de un arresto por violencia en casa o una agresión sexual
help-arrest-text = La ley nos pide tratar de avisarle, aunque usted no lo haya pedido. El oficial o el fiscal puede inscribirle: deles un número o una dirección segura. O inscríbase aquí: busque a la persona y elija recibir avisos. Así sabe cuándo sale. ¿Todavía no está en una lista? Pruebe otra vez en una hora, o llame al { $phone }.
help-form-heading = Inscribirse en papel
help-form-text = Llame al { $phone } y pida el formulario. Se lo enviamos. Llénelo y devuélvalo a la División de Servicios a Víctimas. Nosotros lo registramos. Su inscripción cuenta solo cuando tenemos su formulario o cuando se inscribió aquí.
help-protest-heading = Oponerse a una salida
help-protest-text = Usted puede decirle a la Junta de Libertad Condicional por qué una persona no debe salir. Puede escribir o hablar en una audiencia. Llame al { $phone }. Le decimos cómo y hasta qué día. No espere al último día.
help-presumptive-heading = Cuando una salida no necesita audiencia
help-presumptive-text = Algunas personas salen en libertad condicional sin audiencia. Hay una audiencia si usted la pide después del aviso. Si un mensaje le avisa de una salida así, llame enseguida al { $phone }.
help-conditions-heading = Lo que la persona no puede hacer
help-conditions-text = La libertad condicional puede tener reglas especiales, como no acercarse a usted. Llame al { $phone } para saber cuáles hay o para decir lo que necesita. Si se rompe una regla, llame a la policía. Si usted está en peligro, llame al 911.
help-money-heading = Dinero para sus gastos
help-money-text = El estado puede pagar algunos gastos después de un delito, como médico, sueldo perdido o entierro. El Fiscal General dirige este programa. Llame al { $phone }. Le decimos quién puede pedirlo y cómo.
help-referral-heading = Alguien con quien hablar
help-referral-text = Hay grupos de apoyo, personas que acompañan y casas seguras. Llame al { $phone }. Le buscamos uno cerca. No tiene que decir su nombre.
help-address-heading = Guardar en secreto su dirección
help-address-text = El Fiscal General puede darle otra dirección para usar. Todas las oficinas del estado deben aceptarla, y nosotros también. Nunca le pedimos la verdadera. Llame al { $phone } para saber más.

error-title = Error: { $title }
error-heading = Algo todavía no está bien
error-email-empty = Escriba su dirección de correo electrónico.
error-email-wrong = Escriba una dirección como nombre@example.com.
error-reach-many = Ya tiene todos los de esta clase que podemos guardar. Primero quite uno.
error-reach-empty = Llene una forma o más de avisarle.
error-telephone-wrong = Escriba un número de teléfono de diez cifras.
error-telephone-refused = No llamamos a números de otros países ni a números que cuestan más. Elija otra forma.
error-name = El nombre es demasiado largo para un sobre.
error-street = Escriba la calle y el número, o el apartado postal.
error-city = Escriba la ciudad.
error-state = Escriba las dos letras del estado, como MS.
error-zip = Escriba las cinco cifras del código postal.
error-follow-empty = Escriba el número de una orden de protección o de un caso.
error-follow-number = Escriba el número como está en los papeles. Tiene por lo menos una cifra.
error-follow-court = Escriba también el nombre del tribunal. Dos tribunales pueden usar el mismo número.
error-follow-many = Puede seguir hasta { $many }. Primero termine uno.
error-code = Ese código no es correcto o es demasiado viejo. Revíselo o empiece otra vez.
error-code-access = Ese código o PIN no es correcto, o el código es demasiado viejo. Revíselos o empiece otra vez. ¿Olvidó el PIN? Llame al { $phone } y oprima 0.
error-session = Su tiempo en esta página terminó. Empiece otra vez.
error-level = Elija cuánto puede decir un mensaje.
error-broken-heading = No funcionó
error-broken-text = Es culpa nuestra, no suya. Pruebe otra vez en un minuto o llame al { $phone }.
error-many-heading = Espere un minuto, por favor
error-many-text = Desde donde usted está se le pide a este sitio más de lo que puede contestar. Pruebe otra vez en un minuto o llame al { $phone }.
error-missing-heading = No existe esa página

changes-heading = Cambios en lo que le decimos
changes-about = Cada cambio en lo que decimos y en los plazos, con su fecha y su razón. Lo que pasó antes de un cambio se avisó con las reglas de entonces.
changes-none = Todavía no ha cambiado nada.
changes-notification = Lo que se avisa, versión
changes-clocks = Plazos, versión
changes-reason = La razón:
changes-new = Esto es nuevo.
changes-gone = Esto ya no existe.
changes-is = { $column }: { $value }.
changes-was = { $column }. Antes: { $before }. Ahora: { $after }.
changes-nothing = nada
changes-days = { $number ->
    [one] { $number } día
   *[other] { $number } días
}
changes-hours = { $number ->
    [one] { $number } hora
   *[other] { $number } horas
}
changes-minutes = { $number ->
    [one] { $number } minuto
   *[other] { $number } minutos
}
changes-column-told = Lo avisamos
changes-column-urgency = Qué tan pronto
changes-column-why = La ley o la razón
changes-column-statute = La ley
changes-column-starts = Empieza con
changes-column-kind = Para qué clase de audiencia o fecha
changes-column-place = Para personas en
changes-column-direction = Cómo se cuenta
changes-column-amount = Cuántos días u horas
changes-column-unit = Se cuenta en
changes-column-of = Se cuenta desde
changes-column-recipient = Quién debe saberlo
changes-column-met_by = Se cumple con
changes-column-ends = Termina con
changes-column-warn = Avisamos a nuestro personal antes
changes-column-what = Qué hay que hacer
changes-value-told-yes = sí
changes-value-told-no = no
changes-value-urgency-1 = de inmediato, antes que todo
changes-value-urgency-2 = muy pronto
changes-value-urgency-3 = pronto
changes-value-urgency-4 = después de lo más urgente
changes-value-kind-any = todas
changes-value-place-any = todos los lugares
changes-value-place-state = prisiones del estado y cárceles regionales
changes-value-direction-before = a más tardar ese tiempo antes
changes-value-direction-within = en ese último tiempo antes
changes-value-direction-after = a más tardar ese tiempo después
changes-value-unit-days = días
changes-value-unit-business-days = días hábiles
changes-value-unit-hours = horas
changes-value-of-scheduled = el día fijado
changes-value-of-effective = cuando pasó
changes-value-of-received = cuando lo supimos
changes-value-recipient-victim = la víctima
changes-value-recipient-sheriff-and-police = el alguacil y el jefe de policía
changes-value-recipient-sheriff = el alguacil
changes-value-recipient-court-clerk = la secretaría del tribunal
changes-value-recipient-sex-offender-registry = el registro de delincuentes sexuales
changes-value-met_by-notice = nuestro mensaje
changes-value-met_by-reminder = un segundo mensaje
changes-value-met_by-agency-notice = el aviso a la oficina
changes-value-met_by-person = una persona que dice que se hizo
changes-value-met_by-event = lo próximo que diga el mismo registro
changes-value-met_by-receipt = nuestro propio recibo a tiempo
clock-hearing-victim = Una audiencia de la Junta de Libertad Condicional: avisar antes a la víctima
clock-presumptive-parole-victim = Libertad condicional sin audiencia: avisar antes a la víctima
clock-court-event-victim = Una fecha en la corte: avisar antes a la víctima
clock-parole-release-victim = Una salida: avisar antes a la víctima
clock-sentence-end-victim = El fin de una condena: escribir antes a la víctima
clock-release-agencies = Una salida: avisar antes al alguacil y a la policía
clock-escape-victim = Una fuga o un regreso: avisar a la víctima
clock-release-victim = Una salida: avisar después a la víctima
clock-order-registry = Se entregó una orden de protección: tenerla en el registro
clock-offender-90-days = Un delincuente sexual: volver a saber de la persona
clock-offender-change-registry = Un delincuente sexual cambió algo: tenerlo en el registro
clock-offender-move-registry = Un delincuente sexual se muda: tener el aviso diez días antes
clock-order-end-victim = Termina una orden de protección: avisar a quien la pidió
