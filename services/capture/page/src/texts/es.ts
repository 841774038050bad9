import type { Texts } from './texts.ts';

export const es: Texts = {
  pageTitle: 'Verificación con selfie',
  leave: 'Salir',
  tryAgain: 'Volver a intentarlo',
  done: 'Listo',
  backTo: (application) => `Volver a ${application}`,
  poweredBy: 'Protegido por',
  loading: 'Un momento',
  welcome: {
    asks: (application) => `${application} te pide un selfie`,
    titleMatch: 'Confirma que eres tú',
    titleEnrol: 'Configura tu acceso con selfie',
    titleCheck: 'Demuestra que estás ahí',
    look: { title: 'Mira a la cámara', body: 'Una foto, que se hace sola.' },
    check: { title: 'La comprobamos', body: '¿Hay una persona real?' },
    checkMatch: '¿Eres de verdad tú, aquí y ahora?',
    finish: {
      title: 'Ya está',
      body: 'Ves el resultado al momento.',
      named: (application) => `El resultado llega a ${application}.`,
    },
    privacyTitle: 'Tu foto no se guarda',
    compared: (application) =>
      `Tu cara puede compararse con caras que ${application} ya conoce, para evitar cuentas duplicadas.`,
    notKept: 'Se borra después de la comprobación.',
    onlyResult: 'Solo se guarda el resultado.',
    templateKept: (application) =>
      `Para tu próximo acceso, ${application} guarda una plantilla facial protegida, no una foto. Puedes pedir que se borre.`,
    agree: 'Aceptar y continuar',
  },
  asking: {
    title: 'Permite el uso de la cámara',
    body: 'Tu navegador te pide permiso. Elige «Permitir» para continuar.',
  },
  trouble: {
    refused: {
      title: 'La cámara está bloqueada',
      body: 'Abre los ajustes del sitio junto a la barra de direcciones, pon Cámara en «Permitir» y vuelve a intentarlo.',
    },
    absent: {
      title: 'No hay ninguna cámara',
      body: 'Conecta una cámara e inténtalo de nuevo, o abre este enlace en tu móvil.',
    },
    in_use: {
      title: 'La cámara está ocupada',
      body: 'Otra aplicación o pestaña la está usando. Ciérrala e inténtalo de nuevo.',
    },
    stopped: {
      title: 'La cámara se ha detenido',
      body: 'Comprueba que está conectada e inténtalo de nuevo.',
    },
    embedded: {
      title: 'Aquí la cámara está bloqueada',
      body: 'Esta página se muestra dentro de otra que no le permite usar la cámara. Ábrela en su propia pestaña.',
    },
    unsupported: {
      title: 'Este navegador no puede usar la cámara',
      body: 'Abre el enlace en una versión reciente de Chrome, Safari, Firefox o Edge.',
    },
    openTab: 'Abrir en otra pestaña',
  },
  hints: {
    position: 'Encaja tu cara en el óvalo',
    alone: 'Solo una cara en la imagen',
    closer: 'Acércate un poco',
    back: 'Aléjate un poco',
    centre: 'Muévete hacia el centro',
    light: 'Busca más luz',
    glare: 'Aléjate de la luz fuerte',
    still: 'No te muevas',
    good: 'Perfecto, quédate así',
    manual: '¿Listo? Pulsa el botón',
  },
  stage: 'Imagen de la cámara',
  shutter: 'Hacer la foto',
  uploading: 'Enviando de forma segura',
  checking: 'Comprobando',
  waitingForLink: 'Sin conexión. Tu foto se enviará en cuanto vuelva.',
  stuck: {
    title: 'No ha llegado',
    body: 'Comprueba tu conexión e inténtalo de nuevo. No hace falta otra foto.',
  },
  again: {
    title: 'Hagamos otra',
    triesLeft: (tries) => (tries === 1 ? 'Queda un intento' : `Quedan ${tries} intentos`),
  },
  problems: {
    no_face: 'No vimos ninguna cara. Mantenla dentro del óvalo y quítate lo que la cubra.',
    multiple_faces: 'Había más de una cara. Asegúrate de salir tú solo en la foto.',
    too_small: 'Estabas demasiado lejos. Acércate hasta que tu cara llene el óvalo.',
    too_dark: 'Estaba demasiado oscuro. Ponte frente a una ventana o una lámpara.',
    too_bright: 'Había demasiada luz. Aléjate de la luz fuerte.',
    turned_away: 'Tenías la cara girada. Mira de frente a la cámara.',
    low_quality: 'La foto no era lo bastante clara. Limpia la lente y busca mejor luz.',
    blurred: 'La foto salió borrosa. Limpia la lente y no te muevas.',
    covered: 'Algo te cubría la cara. Quítate las gafas de sol, la mascarilla o el gorro.',
  },
  locked: {
    title: 'Demasiados intentos',
    wait: (time, wait) => `Podrás volver a intentarlo desde esta hora: ${time} (${wait}).`,
    over: 'Ya puedes volver a intentarlo.',
  },
  deciding: {
    title: 'Ya casi está',
    body: 'Tu foto ha llegado. El resultado tarda un poco más de lo normal.',
  },
  approved: {
    title: 'Todo correcto',
    body: (application) => `Continúa en ${application}.`,
    enrolled: (application) => `Desde ahora, un selfie te da acceso a ${application}.`,
  },
  inReview: {
    title: 'Lo estamos mirando con más detalle',
    body: (application) => `Una persona lo revisa. No tienes que hacer nada: ${application} te avisará.`,
  },
  declined: {
    title: 'No pudimos confirmar que eres tú',
    matched: (application) => `Vuelve a ${application} y accede de otra manera.`,
    body: (application) => `Vuelve a ${application} para intentarlo de nuevo o pedir ayuda.`,
  },
  finished: {
    title: 'Esta verificación ha terminado',
    body: (application) => `Aquí no queda nada por hacer. ${application} tiene el resultado.`,
  },
  redirecting: (seconds) => `Continúa automáticamente en ${seconds}`,
  mayClose: 'Puedes cerrar esta página.',
  left: {
    title: 'Has salido de la verificación',
    body: 'Aún no ha terminado. Este enlace te trae de vuelta hasta que caduque.',
    resume: 'Continuar la verificación',
  },
  ended: {
    expired: { title: 'Este enlace ha caducado', body: 'Vuelve al lugar del que venías y pide uno nuevo.' },
    unknown: {
      title: 'Este enlace no funciona',
      body: 'Comprueba que está completo o pide uno nuevo donde lo recibiste.',
    },
    unavailable: {
      title: 'No podemos conectar con el servicio',
      body: 'Es cosa nuestra o de tu conexión. Inténtalo de nuevo en un momento.',
    },
    busy: { title: 'Demasiados intentos seguidos', body: 'Espera un minuto e inténtalo de nuevo.' },
    slow: {
      title: 'Está tardando más de lo normal',
      body: 'Tu foto ha llegado bien. Puedes cerrar esta página o volver a mirar.',
    },
  },
};
