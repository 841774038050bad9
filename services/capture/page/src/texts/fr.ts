import type { Texts } from './texts.ts';

export const fr: Texts = {
  pageTitle: 'Vérification par selfie',
  leave: 'Quitter',
  tryAgain: 'Réessayer',
  done: 'Terminé',
  backTo: (application) => `Retour à ${application}`,
  poweredBy: 'Sécurisé par',
  loading: 'Un instant',
  welcome: {
    asks: (application) => `${application} vous demande un selfie`,
    titleMatch: 'Confirmez que c’est vous',
    titleEnrol: 'Configurez la connexion par selfie',
    titleCheck: 'Montrez que vous êtes là',
    look: {
      title: 'Regardez la caméra',
      body: 'Une seule photo, prise toute seule.',
    },
    check: {
      title: 'Nous vérifions',
      body: 'Une vraie personne est-elle là ?',
    },
    checkMatch: 'Est-ce bien vous, ici et maintenant ?',
    finish: {
      title: 'C’est fait',
      body: 'Vous voyez le résultat aussitôt.',
      named: (application) => `Le résultat est transmis à ${application}.`,
    },
    privacyTitle: 'Votre photo n’est pas conservée',
    compared: (application) =>
      `Votre visage peut être comparé aux visages que ${application} connaît déjà, pour éviter les comptes en double.`,
    notKept: 'Elle est supprimée après la vérification.',
    onlyResult: 'Seul le résultat est enregistré.',
    templateKept: (application) =>
      `Pour votre prochaine connexion, ${application} conserve un gabarit facial protégé, pas une photo. Vous pouvez le faire supprimer.`,
    agree: 'Accepter et continuer',
  },
  asking: {
    title: 'Autorisez la caméra',
    body: 'Votre navigateur demande la permission. Choisissez « Autoriser » pour continuer.',
  },
  trouble: {
    refused: {
      title: 'La caméra est bloquée',
      body: 'Ouvrez les réglages du site près de la barre d’adresse, mettez Caméra sur « Autoriser », puis réessayez.',
    },
    absent: {
      title: 'Aucune caméra trouvée',
      body: 'Branchez une caméra et réessayez, ou ouvrez ce lien sur votre téléphone.',
    },
    in_use: {
      title: 'La caméra est occupée',
      body: 'Une autre application ou un autre onglet l’utilise. Fermez-le, puis réessayez.',
    },
    stopped: {
      title: 'La caméra s’est arrêtée',
      body: 'Vérifiez qu’elle est branchée, puis réessayez.',
    },
    embedded: {
      title: 'La caméra est bloquée ici',
      body: 'Cette page est affichée dans une autre qui ne lui permet pas d’utiliser la caméra. Ouvrez-la dans son propre onglet.',
    },
    unsupported: {
      title: 'Ce navigateur ne peut pas utiliser la caméra',
      body: 'Ouvrez le lien dans une version récente de Chrome, Safari, Firefox ou Edge.',
    },
    openTab: 'Ouvrir dans un nouvel onglet',
  },
  hints: {
    position: 'Placez votre visage dans l’ovale',
    alone: 'Un seul visage dans l’image',
    closer: 'Approchez-vous un peu',
    back: 'Reculez un peu',
    centre: 'Déplacez-vous vers le centre',
    light: 'Trouvez plus de lumière',
    glare: 'Évitez la lumière forte',
    still: 'Ne bougez pas',
    good: 'Parfait, restez ainsi',
    manual: 'C’est bon ? Appuyez sur le bouton',
  },
  stage: 'Image de la caméra',
  shutter: 'Prendre la photo',
  uploading: 'Envoi sécurisé',
  checking: 'Vérification',
  waitingForLink: 'Connexion perdue. Votre photo partira dès son retour.',
  stuck: {
    title: 'L’envoi n’a pas abouti',
    body: 'Vérifiez votre connexion et réessayez. Pas besoin d’une nouvelle photo.',
  },
  again: {
    title: 'Prenons-en une autre',
    triesLeft: (tries) => (tries === 1 ? 'Encore un essai' : `Encore ${tries} essais`),
  },
  problems: {
    no_face: 'Nous n’avons pas vu de visage. Gardez-le dans l’ovale et retirez ce qui le couvre.',
    multiple_faces: 'Il y avait plusieurs visages. Veillez à être seul sur la photo.',
    too_small: 'Vous étiez trop loin. Approchez-vous jusqu’à remplir l’ovale.',
    too_dark: 'Il faisait trop sombre. Placez-vous face à une fenêtre ou une lampe.',
    too_bright: 'Il y avait trop de lumière. Évitez la lumière forte.',
    turned_away: 'Votre visage était tourné. Regardez la caméra bien en face.',
    low_quality: 'La photo n’était pas assez nette. Essuyez l’objectif et cherchez une meilleure lumière.',
    blurred: 'La photo était floue. Essuyez l’objectif et ne bougez pas.',
    covered: 'Votre visage était couvert. Retirez lunettes de soleil, masque ou bonnet.',
  },
  locked: {
    title: 'Trop de tentatives',
    wait: (time, wait) => `Vous pourrez réessayer ${wait}, à partir de ${time}.`,
    over: 'Vous pouvez réessayer maintenant.',
  },
  deciding: {
    title: 'Presque terminé',
    body: 'Votre photo est arrivée. Le résultat prend un peu plus de temps que d’habitude.',
  },
  approved: {
    title: 'C’est confirmé',
    body: (application) => `Continuez sur ${application}.`,
    enrolled: (application) => `Désormais, un selfie vous connecte à ${application}.`,
  },
  inReview: {
    title: 'Nous regardons de plus près',
    body: (application) =>
      `Une personne s’en occupe. Vous n’avez rien à faire : ${application} vous préviendra.`,
  },
  declined: {
    title: 'Nous n’avons pas pu vous confirmer',
    matched: (application) => `Retournez sur ${application} et connectez-vous autrement.`,
    body: (application) => `Retournez sur ${application} pour réessayer ou obtenir de l’aide.`,
  },
  finished: {
    title: 'Cette vérification est terminée',
    body: (application) => `Il n’y a plus rien à faire ici. ${application} a le résultat.`,
  },
  redirecting: (seconds) => `Suite automatique dans ${seconds}`,
  mayClose: 'Vous pouvez fermer cette page.',
  left: {
    title: 'Vous avez quitté la vérification',
    body: 'Elle n’est pas terminée. Ce lien vous y ramène jusqu’à son expiration.',
    resume: 'Reprendre la vérification',
  },
  ended: {
    expired: {
      title: 'Ce lien a expiré',
      body: 'Retournez là d’où vous venez et demandez-en un nouveau.',
    },
    unknown: {
      title: 'Ce lien ne fonctionne pas',
      body: 'Vérifiez qu’il est complet, ou demandez-en un nouveau là où vous l’avez reçu.',
    },
    unavailable: {
      title: 'Le service est injoignable',
      body: 'Cela vient de nous ou de votre connexion. Réessayez dans un instant.',
    },
    busy: { title: 'Trop d’essais à la fois', body: 'Attendez une minute, puis réessayez.' },
    slow: {
      title: 'C’est plus long que d’habitude',
      body: 'Votre photo est bien arrivée. Vous pouvez fermer cette page ou regarder de nouveau.',
    },
  },
};
